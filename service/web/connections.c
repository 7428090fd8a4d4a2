#include "web/connections.h"

#include <sys/socket.h>

struct Connection {
    int fd;
    int64_t until; /* INT64_MAX: no limit */
};

struct Connections {
    GMutex mutex;
    GHashTable *all; /* (Connection) as a set */
};

Connections *connections_new(void)
{
    Connections *connections = g_new0(Connections, 1);

    g_mutex_init(&connections->mutex);
    connections->all = g_hash_table_new_full(NULL, NULL, g_free, NULL);
    return connections;
}

void connections_free(Connections *connections)
{
    if (!connections)
        return;
    g_hash_table_unref(connections->all);
    g_mutex_clear(&connections->mutex);
    g_free(connections);
}

Connection *connections_add(Connections *connections, int fd, int64_t now)
{
    Connection *connection = g_new0(Connection, 1);

    *connection = (Connection){.fd = fd, .until = now + RECEIVE_SECONDS};
    g_mutex_lock(&connections->mutex);
    g_hash_table_add(connections->all, connection);
    g_mutex_unlock(&connections->mutex);
    return connection;
}

void connections_remove(Connections *connections, Connection *connection)
{
    g_mutex_lock(&connections->mutex);
    g_hash_table_remove(connections->all, connection);
    g_mutex_unlock(&connections->mutex);
}

void connections_limit(Connections *connections, Connection *connection, int64_t now,
                       int64_t seconds)
{
    g_mutex_lock(&connections->mutex);
    connection->until = seconds == 0 ? INT64_MAX : now + seconds;
    g_mutex_unlock(&connections->mutex);
}

void connections_sweep(Connections *connections, int64_t now)
{
    GHashTableIter iter;
    gpointer connection;

    g_mutex_lock(&connections->mutex);
    g_hash_table_iter_init(&iter, connections->all);
    while (g_hash_table_iter_next(&iter, &connection, NULL)) {
        const Connection *one = connection;
        if (one->until < now)
            shutdown(one->fd, SHUT_RDWR);
    }
    g_mutex_unlock(&connections->mutex);
}
