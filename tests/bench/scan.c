/* scan.c: reads a file and finds its lines with memchr: the least that a reader of LDIF can do.
 * Prints the lines. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (256u << 10)

int main(int argc, char **argv)
{
    int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    char *buffer = malloc(CHUNK);
    if (fd < 0 || buffer == NULL) {
        fprintf(stderr, "usage: scan FILE\n");
        return 2;
    }
    unsigned long n_lines = 0;
    ssize_t n;
    while ((n = read(fd, buffer, CHUNK)) > 0) {
        const char *end = buffer + n;
        for (const char *at = buffer; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
            n_lines++;
    }
    free(buffer);
    close(fd);
    printf("%lu\n", n_lines);
    return n == 0 ? 0 : 1;
}
