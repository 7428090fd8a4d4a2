#include "run/drop_folder.h"

#include "base/digest.h"
#include "base/visible.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whom a user namespace shows for everybody that it does not know: many people in one. */
#define OVERFLOW_UID 65534

const char *const drop_ends[] = {"done", "refused", "waiting"};

struct DropFolder {
    char *path;
    int fd, ends[G_N_ELEMENTS(drop_ends)];
    uid_t owner;
    bool is_private; /* only owner and group get in: what is in it may be read by whoever does */
};

static bool fail(GError **error, const char *what, const char *why)
{
    int code = errno;

    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s: %s", what, why);
    return false;
}

/* ---- the folders ---- */

static bool judge_folder(DropFolder *folder, GError **error)
{
    struct stat state;

    if (fstat(folder->fd, &state) != 0)
        return fail(error, folder->path, g_strerror(errno));
    errno = EPERM;
    if ((state.st_mode & S_IWOTH) != 0)
        return fail(error, folder->path,
                    "everybody may write there, so nothing in it says who it is from; chmod o-w. "
                    "No file was taken");
    if (state.st_uid == OVERFLOW_UID)
        return fail(error, folder->path,
                    "whose it is cannot be told: it belongs to nobody, or this runs with "
                    "PrivateUsers=. No file was taken");
    folder->owner = state.st_uid;
    folder->is_private = (state.st_mode & S_IXOTH) == 0;
    return true;
}

static bool open_ends(DropFolder *folder, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(drop_ends); i++) {
        bool is_new = mkdirat(folder->fd, drop_ends[i], 0750) == 0;
        if (!is_new && errno != EEXIST)
            return fail(error, folder->path, g_strerror(errno));
        folder->ends[i] =
            openat(folder->fd, drop_ends[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (folder->ends[i] < 0)
            return fail(error, drop_ends[i], g_strerror(errno));
        /* Whoever dropped a file reads what became of it; of the group it need not be. */
        if (is_new && folder->is_private)
            fchmod(folder->ends[i], 0755);
    }
    return true;
}

DropFolder *drop_folder_open(const char *path, GError **error)
{
    g_autoptr(DropFolder) folder = g_new0(DropFolder, 1);

    folder->path = g_strdup(path);
    for (size_t i = 0; i < G_N_ELEMENTS(drop_ends); i++)
        folder->ends[i] = -1;
    folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder->fd < 0) {
        fail(error, path, g_strerror(errno));
        return NULL;
    }
    return judge_folder(folder, error) && open_ends(folder, error) ? g_steal_pointer(&folder)
                                                                   : NULL;
}

void drop_folder_close(DropFolder *folder)
{
    if (folder == NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(drop_ends); i++) {
        if (folder->ends[i] >= 0)
            close(folder->ends[i]);
    }
    if (folder->fd >= 0)
        close(folder->fd);
    g_free(folder->path);
    g_free(folder);
}

/* ---- what is there ---- */

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* With where in front: "" or "waiting/". */
static bool list_folder(int fd, const char *where, GPtrArray *names, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own >= 0 ? fdopendir(own) : NULL;

    if (folder == NULL)
        return fail(error, where, g_strerror(errno));
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.' && g_str_has_suffix(entry->d_name, ".csv"))
            g_ptr_array_add(found, g_strconcat(where, entry->d_name, NULL));
    }
    closedir(folder);
    g_ptr_array_sort(found, compare_names);
    g_ptr_array_extend_and_steal(names, g_steal_pointer(&found));
    return true;
}

GPtrArray *drop_folder_list(const DropFolder *folder, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    return list_folder(folder->ends[DROP_WAITING], "waiting/", names, error) &&
                   list_folder(folder->fd, "", names, error)
               ? g_steal_pointer(&names)
               : NULL;
}

/* ---- one file ---- */

static int where_is(const DropFolder *folder, const DropFile *file)
{
    return file->is_waiting ? folder->ends[DROP_WAITING] : folder->fd;
}

/* NULL: it may be read. */
static const char *judge_file(const DropFolder *folder, const struct stat *state)
{
    if (!S_ISREG(state->st_mode))
        return "it is no regular file";
    if (state->st_nlink != 1)
        return "it has another name too (a hard link): somebody else may change it";
    if (state->st_uid != folder->owner && state->st_uid != 0)
        return "it belongs neither to the owner of the folder nor to root";
    if ((state->st_mode & S_IWOTH) != 0)
        return "everybody may write it";
    if ((size_t)state->st_size > DROP_MAX_BYTES)
        return "it is larger than 1 MiB";
    return NULL;
}

static char *owner_name(uid_t uid)
{
    const struct passwd *user = getpwuid(uid);

    return user != NULL ? g_strdup(user->pw_name) : g_strdup_printf("%u", uid);
}

/* NULL: all of it was read, and it is what was judged. */
static const char *read_bytes(int fd, const struct stat *before, DropFile *file)
{
    g_autofree char *content = g_malloc(DROP_MAX_BYTES + 1);
    size_t length = 0;
    struct stat after;

    for (ssize_t n; length <= DROP_MAX_BYTES; length += (size_t)n) {
        n = read(fd, content + length, DROP_MAX_BYTES + 1 - length);
        if (n < 0)
            return "it cannot be read";
        if (n == 0)
            break;
    }
    if (fstat(fd, &after) != 0 || length != (size_t)before->st_size ||
        after.st_size != before->st_size || after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
        after.st_mtim.tv_nsec != before->st_mtim.tv_nsec)
        return "it was written while it was read: write it under another name (.tmp) and rename it";
    file->length = length;
    file->digest = digest_text(content, length);
    file->content = g_steal_pointer(&content);
    return NULL;
}

bool drop_folder_read(const DropFolder *folder, const GPtrArray *list, guint nth,
                      DropFile *ret_file, char **ret_why)
{
    const char *name = list->pdata[nth];
    bool is_waiting = g_str_has_prefix(name, "waiting/");
    struct stat state;

    *ret_file = (DropFile){.name = g_strdup(is_waiting ? name + strlen("waiting/") : name),
                           .is_waiting = is_waiting};
    g_autofree char *valid = g_utf8_make_valid(ret_file->name, -1);
    ret_file->shown = visible_text(valid);
    *ret_why = NULL;
    /* Not to wait for whoever writes into a FIFO. */
    int fd = openat(where_is(folder, ret_file), ret_file->name,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        int code = errno;
        ret_file->owner = g_strdup("?");
        *ret_why = code == ELOOP ? g_strdup("it is a symbolic link")
                                 : g_strdup_printf("it cannot be opened: %s", g_strerror(code));
        return code != ENOENT;
    }
    bool is_known = fstat(fd, &state) == 0;
    const char *why = is_known ? judge_file(folder, &state) : "it cannot be read";
    ret_file->owner = is_known ? owner_name(state.st_uid) : g_strdup("?");
    why = why != NULL ? why : read_bytes(fd, &state, ret_file);
    close(fd);
    *ret_why = g_strdup(why);
    return true;
}

void drop_file_clear(DropFile *file)
{
    g_free(file->name);
    g_free(file->shown);
    g_free(file->owner);
    g_free(file->content);
    g_free(file->digest);
}

/* ---- where it ends ---- */

static bool is_taken(int fd, const char *name)
{
    struct stat state;

    return fstatat(fd, name, &state, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A name that is free there, and with .txt behind it. */
static char *free_name(int fd, const char *name)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%Y%m%dT%H%M%SZ");

    for (int i = 0;; i++) {
        g_autofree char *tried = i == 0   ? g_strdup(name)
                                 : i == 1 ? g_strdup_printf("%s-%s", time, name)
                                          : g_strdup_printf("%s-%d-%s", time, i, name);
        g_autofree char *text = g_strconcat(tried, ".txt", NULL);
        if (!is_taken(fd, tried) && !is_taken(fd, text))
            return g_steal_pointer(&tried);
    }
}

static bool write_text(const DropFolder *folder, int fd, const char *name, const char *text,
                       GError **error)
{
    size_t length = strlen(text), written = 0;
    int out = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);

    if (out < 0)
        return fail(error, name, g_strerror(errno));
    for (ssize_t n = 0; written < length && n >= 0; written += n > 0 ? (size_t)n : 0)
        n = write(out, text + written, length - written);
    if (folder->is_private)
        fchmod(out, 0644);
    bool is_written = fsync(out) == 0 && written == length;
    close(out);
    return is_written || fail(error, name, g_strerror(errno));
}

bool drop_folder_settle(const DropFolder *folder, const DropFile *file, DropEnd end,
                        const char *text, GError **error)
{
    int from = where_is(folder, file), to = folder->ends[end];
    bool stays = file->is_waiting && end == DROP_WAITING;
    g_autofree char *old_text = g_strconcat(file->name, ".txt", NULL);

    if (file->is_waiting)
        unlinkat(from, old_text, 0);
    g_autofree char *name = stays ? g_strdup(file->name) : free_name(to, file->name);
    g_autofree char *beside = g_strconcat(name, ".txt", NULL);
    if (!write_text(folder, to, beside, text, error))
        return false;
    if (!stays && renameat2(from, file->name, to, name, RENAME_NOREPLACE) != 0)
        return fail(error, file->shown, g_strerror(errno));
    return true;
}
