#include "data_file.h"
#include "digest.h"

#include <rightful/connector.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK ((size_t)256 << 10)

struct DataFile {
    char *path;
    int fd;
    struct stat opened;
    SourceDigest *digest;
    char *block;
};

static const char *kind_of_file(mode_t mode)
{
    return S_ISDIR(mode)    ? "a directory"
           : S_ISFIFO(mode) ? "a FIFO"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

static int open_checked(const char *path, struct stat *ret_opened, GError **error)
{
    /* O_NONBLOCK: opening a FIFO would wait for a writer. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        int code = errno;
        bool is_missing = code == ENOENT || code == ENOTDIR;
        g_set_error(error, SOURCE_ERROR, is_missing ? SOURCE_ERROR_MISSING : SOURCE_ERROR_FORBIDDEN,
                    "%s: %s", path,
                    is_missing ? "there is no such file; is the path right, and did the export run?"
                    : code == ELOOP
                        ? "is a symbolic link, which is not followed; give the file itself"
                    : code == EACCES ? "may not be read by this user"
                                     : g_strerror(code));
        return -1;
    }
    if (fstat(fd, ret_opened) != 0 || !S_ISREG(ret_opened->st_mode)) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_FORBIDDEN, "%s: is %s, not a file", path,
                    kind_of_file(ret_opened->st_mode));
        close(fd);
        return -1;
    }
    return fd;
}

DataFile *data_file_open(const char *path, GError **error)
{
    struct stat opened = {0};
    int fd = open_checked(path, &opened, error);
    if (fd < 0)
        return NULL;

    DataFile *file = g_new0(DataFile, 1);
    file->path = g_strdup(path);
    file->fd = fd;
    file->opened = opened;
    file->block = g_malloc(BLOCK);
    file->digest = source_digest_new();
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return file;
}

void data_file_close(DataFile *file)
{
    if (file == NULL)
        return;
    source_digest_free(file->digest);
    close(file->fd);
    g_free(file->block);
    g_free(file->path);
    g_free(file);
}

static bool has_changed(const DataFile *file)
{
    struct stat now;
    return fstat(file->fd, &now) != 0 || now.st_size != file->opened.st_size ||
           now.st_mtim.tv_sec != file->opened.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != file->opened.st_mtim.tv_nsec;
}

/* As many bytes as fit; fewer only at the end. -1 with errno. */
static ssize_t fill(int fd, char *buffer, size_t size)
{
    size_t length = 0;
    while (length < size) {
        ssize_t n = read(fd, buffer + length, size - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? n : (ssize_t)length;
        length += (size_t)n;
    }
    return (ssize_t)length;
}

bool data_file_read_into(DataFile *file, char *buffer, size_t size, size_t *ret_n, GError **error)
{
    ssize_t n = fill(file->fd, buffer, size);
    if (n < 0) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT, "%s: reading stopped: %s", file->path,
                    g_strerror(errno));
        return false;
    }
    if (n == 0 && has_changed(file)) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT,
                    "%s: was written to while it was read; let the writer rename a finished file "
                    "into place",
                    file->path);
        return false;
    }
    source_digest_add(file->digest, buffer, (size_t)n);
    *ret_n = (size_t)n;
    return true;
}

bool data_file_read(DataFile *file, const char **ret_bytes, size_t *ret_n, GError **error)
{
    *ret_bytes = file->block;
    return data_file_read_into(file, file->block, BLOCK, ret_n, error);
}

char *data_file_digest(DataFile *file)
{
    return source_digest_text(file->digest);
}

int64_t data_file_modified_utc(const DataFile *file)
{
    return file->opened.st_mtim.tv_sec;
}
