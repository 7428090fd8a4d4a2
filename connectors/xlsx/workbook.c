#include "xlsx/workbook.h"

#include "data_file.h"
#include "xlsx/libzip.h"

#include <rightful/connector.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_PACKED (UINT64_C(256) << 20)
#define MAX_UNPACKED (UINT64_C(2) << 30) /* a full sheet of a million rows is about half of it */
#define MAX_PARTS 10000

G_GNUC_PRINTF(4, 5)
static bool refuse(const char *path, SourceError code, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, SOURCE_ERROR, code, "%s: %s", path, what);
    return false;
}

/* ---- the copy ---- */

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno != EINTR)
            return false;
        bytes += written > 0 ? written : 0;
        n -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static bool copy_file(DataFile *file, const char *path, int fd, GError **error)
{
    uint64_t size = 0;
    for (;;) {
        const char *bytes;
        size_t n;
        if (!data_file_read(file, &bytes, &n, error))
            return false;
        if (n == 0)
            return size > 0 || refuse(path, SOURCE_ERROR_CUT, error, "the file is empty");
        size += n;
        if (size > MAX_PACKED)
            return refuse(path, SOURCE_ERROR_SYNTAX, error,
                          "is larger than 256 MiB; export it as CSV");
        if (!write_all(fd, bytes, n))
            return refuse(path, SOURCE_ERROR_CUT, error, "copying it stopped: %s",
                          g_strerror(errno));
    }
}

/* ---- what is in it ---- */

static bool is_compound_file(int fd)
{
    static const unsigned char magic[] = {0xD0, 0xCF, 0x11, 0xE0};
    unsigned char start[sizeof magic];
    return pread(fd, start, sizeof start, 0) == (ssize_t)sizeof start &&
           memcmp(start, magic, sizeof magic) == 0;
}

static bool check_parts(zip_t *zip, const char *path, GError **error)
{
    zip_int64_t n = zip_get_num_entries(zip, 0);
    uint64_t total = 0;
    bool is_workbook = false;
    if (n > MAX_PARTS)
        return refuse(path, SOURCE_ERROR_SYNTAX, error, "holds more than %d files: no workbook",
                      MAX_PARTS);
    for (zip_int64_t i = 0; i < n; i++) {
        zip_stat_t part;
        if (zip_stat_index(zip, (zip_uint64_t)i, 0, &part) != 0 ||
            (part.valid & (ZIP_STAT_SIZE | ZIP_STAT_NAME)) != (ZIP_STAT_SIZE | ZIP_STAT_NAME))
            return refuse(path, SOURCE_ERROR_SYNTAX, error, "its list of contents is damaged");
        if (part.size > MAX_UNPACKED || (total += part.size) > MAX_UNPACKED)
            return refuse(path, SOURCE_ERROR_FORBIDDEN, error,
                          "would unpack to more than 2 GiB; nothing was unpacked");
        is_workbook |= g_ascii_strcasecmp(part.name, "[Content_Types].xml") == 0;
    }
    return is_workbook ||
           refuse(path, SOURCE_ERROR_SYNTAX, error, "is a ZIP archive, but no xlsx workbook");
}

static bool check_archive(int fd, const char *path, GError **error)
{
    if (is_compound_file(fd))
        return refuse(path, SOURCE_ERROR_SYNTAX, error,
                      "is encrypted, or in the old xls format; save it as xlsx without a password");
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0), code = 0;
    zip_t *zip = own >= 0 && lseek(own, 0, SEEK_SET) == 0 ? zip_fdopen(own, 0, &code) : NULL;
    if (zip == NULL) {
        if (own >= 0)
            close(own);
        return refuse(path, SOURCE_ERROR_SYNTAX, error,
                      "is no xlsx workbook: no ZIP archive, or cut (libzip error %d)", code);
    }
    bool is_good = check_parts(zip, path, error);
    zip_discard(zip);
    return is_good;
}

/* ---- the workbook ---- */

static bool fill(Workbook *workbook, const char *path, GError **error)
{
    g_autoptr(DataFile) file = data_file_open(path, error);
    if (file == NULL)
        return false;
    workbook->fd = memfd_create("workbook", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (workbook->fd < 0)
        return refuse(path, SOURCE_ERROR_CUT, error, "no memory for a copy: %s", g_strerror(errno));
    if (!copy_file(file, path, workbook->fd, error))
        return false;
    workbook->digest = data_file_digest(file);
    workbook->modified_utc = data_file_modified_utc(file);
    if (fcntl(workbook->fd, F_ADD_SEALS,
              F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return refuse(path, SOURCE_ERROR_CUT, error, "sealing the copy: %s", g_strerror(errno));
    return check_archive(workbook->fd, path, error);
}

Workbook *workbook_open(const char *path, GError **error)
{
    g_autoptr(Workbook) workbook = g_new0(Workbook, 1);
    workbook->fd = -1;
    return fill(workbook, path, error) ? g_steal_pointer(&workbook) : NULL;
}

void workbook_close(Workbook *workbook)
{
    if (workbook == NULL)
        return;
    if (workbook->fd >= 0)
        close(workbook->fd);
    g_free(workbook->digest);
    g_free(workbook);
}
