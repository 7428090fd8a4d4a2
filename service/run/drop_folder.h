/* drop_folder.h: a folder in which another program leaves files for us.
 *
 * Whoever can write there is not trusted with anything but what the files say. A file is complete
 * when it has its name, *.csv: it is written under another one and renamed. It is opened once,
 * relative to the folder's descriptor and never through a symbolic link; it must be a regular file
 * with one name, of the folder's owner or root, that not everybody can write, and small. What is
 * parsed is what was hashed. It ends in the folder done, refused or waiting beside it, with a text
 * of the same name that says why. Waiting ones are taken again. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

#define DROP_MAX_BYTES ((size_t)1 << 20)

typedef enum DropEnd { DROP_DONE, DROP_REFUSED, DROP_WAITING } DropEnd;
extern const char *const drop_ends[]; /* "done", "refused", "waiting" */

typedef struct DropFolder DropFolder;

/* Makes the three folders where they are not there. NULL when it is no folder, or one that
 * everybody may write, or one whose owner cannot be told. */
DropFolder *drop_folder_open(const char *path, GError **error);
void drop_folder_close(DropFolder *folder); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DropFolder, drop_folder_close)

/* Names of complete files: those that wait first, then by name. */
GPtrArray *drop_folder_list(const DropFolder *folder, GError **error);

typedef struct DropFile {
    char *name;    /* as the file system has it */
    char *shown;   /* valid UTF-8, nothing invisible */
    char *owner;   /* login name, or number; "?" when it could not be opened */
    char *content; /* NULL when it is refused */
    char *digest;  /* of the content; NULL with it */
    size_t length;
    bool is_waiting; /* it stands in the folder waiting */
} DropFile;
void drop_file_clear(DropFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DropFile, drop_file_clear)

/* The nth of the list. *ret_why: why it is not taken; NULL when it is. false: it is gone. */
bool drop_folder_read(const DropFolder *folder, const GPtrArray *list, guint nth,
                      DropFile *ret_file, char **ret_why);
/* Writes text beside where it goes, then moves the file. Nothing there is written over. */
bool drop_folder_settle(const DropFolder *folder, const DropFile *file, DropEnd end,
                        const char *text, GError **error);
