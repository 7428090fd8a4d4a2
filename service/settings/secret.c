#include "settings/secret.h"

#include <rightful/settings.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A longer password is a wrong file. */
#define LONGEST_SECRET 4096

char *absolute_path(const char *text, const char *directory)
{
    return g_canonicalize_filename(text, directory);
}

char *secret_path(const char *text, const char *directory)
{
    const char *credentials = g_getenv("CREDENTIALS_DIRECTORY");
    char *path = absolute_path(text, directory);

    if (strchr(text, '/') != NULL)
        return path;
    g_autofree char *given = credentials != NULL ? g_build_filename(credentials, text, NULL) : NULL;
    g_autofree char *kept = g_build_filename(directory, "credentials", text, NULL);
    if (given != NULL && g_file_test(given, G_FILE_TEST_EXISTS)) {
        g_free(path);
        return g_steal_pointer(&given);
    }
    if (!g_file_test(path, G_FILE_TEST_EXISTS) && g_file_test(kept, G_FILE_TEST_EXISTS)) {
        g_free(path);
        return g_canonicalize_filename(kept, NULL);
    }
    return path;
}

static char *stat_problem(const char *path, struct stat *ret_status, bool *ret_is_unreadable)
{
    *ret_is_unreadable = false;
    if (stat(path, ret_status) != 0) {
        *ret_is_unreadable = errno == ENOENT || errno == EACCES;
        return g_strdup_printf("%s: %s", path, g_strerror(errno));
    }
    if (!S_ISREG(ret_status->st_mode))
        return g_strdup_printf("%s is no regular file", path);
    if (access(path, R_OK) != 0) {
        *ret_is_unreadable = true;
        return g_strdup_printf("%s cannot be read by this user: %s", path, g_strerror(errno));
    }
    return NULL;
}

char *file_problem(const char *path)
{
    struct stat status;
    bool is_unreadable;
    return stat_problem(path, &status, &is_unreadable);
}

char *secret_problem(const char *path, bool *ret_is_unreadable)
{
    struct stat status;
    char *problem = stat_problem(path, &status, ret_is_unreadable);
    if (problem != NULL)
        return problem;
    unsigned mode = status.st_mode & 0777;
    /* Readable by its group is the usual root:rightful 0640. */
    if ((mode & (S_IROTH | S_IWOTH)) != 0)
        return g_strdup_printf(
            "%s can be %s by everybody (mode %04o), so it is no secret; chmod o= "
            "it, and change the password if others use this machine",
            path, (mode & S_IROTH) != 0 ? "read" : "written", mode);
    if (status.st_size == 0)
        return g_strdup_printf("%s is empty", path);
    return NULL;
}

/* At most size - 1 bytes, with a NUL behind them. */
static bool read_start(const char *path, char *buffer, size_t size, GError **error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        return false;
    }
    size_t length = 0;
    ssize_t n = 1;
    while (n > 0 && length + 1 < size) {
        n = read(file, buffer + length, size - 1 - length);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            length += (size_t)n;
    }
    int problem = n < 0 ? errno : 0;
    (void)close(file);
    if (problem != 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(problem), "%s: %s", path,
                    g_strerror(problem));
        return false;
    }
    buffer[length] = '\0';
    return true;
}

char *settings_secret(const SettingsGroup *group, const char *name, GError **error)
{
    const char *path = settings_text(group, name);
    char *secret = NULL;
    if (path == NULL) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: %s is not set",
                    settings_place(group), name);
        return NULL;
    }
    /* The one buffer that ever holds the secret is wiped: no GString, no stdio, which leave copies.
     */
    char buffer[LONGEST_SECRET + 2];
    if (read_start(path, buffer, sizeof buffer, error)) {
        size_t length = strcspn(buffer, "\r\n");
        if (length == 0)
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                        "%s: the secret in %s is empty; an empty password would be an anonymous "
                        "session that looks like success, so it is never sent",
                        name, path);
        else if (length > LONGEST_SECRET)
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                        "%s: the first line of %s is longer than %d bytes", name, path,
                        LONGEST_SECRET);
        else
            secret = g_strndup(buffer, length);
    }
    explicit_bzero(buffer, sizeof buffer);
    return secret;
}

void settings_secret_free(char *secret)
{
    if (secret != NULL) {
        explicit_bzero(secret, strlen(secret));
        g_free(secret);
    }
}
