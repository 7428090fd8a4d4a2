#include "run/list.h"

#include "run/run_commands.h"

ExitCode list_end(Writer *writer)
{
    g_autoptr(GError) error = NULL;

    if (!writer_end(writer, &error)) {
        say_error("%s", error->message);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

ExitCode list_rows(const Invocation *invocation, const char *name, const Column *columns,
                   const json_t *rows)
{
    g_autoptr(Writer) writer =
        writer_new(invocation->format, name, columns, stdout, invocation->has_colour);
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        writer_row(writer, row);
    }
    return list_end(writer);
}
