#ifndef HOOKLINE_CMICROHTTPD_SHIM_H
#define HOOKLINE_CMICROHTTPD_SHIM_H

#include <microhttpd.h>
/* Swift's Glibc module lacks these: an external event loop waits with the first two, and a
 * graceful stop filters packets with the third. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <linux/filter.h>

/* Only what Swift cannot call: MHD_start_daemon, MHD_get_daemon_info and
 * MHD_get_connection_info are variadic, and a `union *` result is awkward to import. */

struct hookline_mhd_options {
    int listen_fd;
    unsigned int connections_max;
    unsigned int connection_memory_bytes;
    unsigned int connection_timeout_seconds;
    MHD_AccessHandlerCallback access_handler;
    MHD_RequestCompletedCallback request_completed;
    MHD_NotifyConnectionCallback connection_changed;
    void *(*request_line)(void *cls, const char *uri, struct MHD_Connection *connection);
    MHD_LogCallback logger;
    void *context;
};

/* MHD_start_daemon with external polling over epoll: no internal thread, no pool. The logger
 * comes first, as its documentation asks, so that errors of the other options reach it. */
static inline struct MHD_Daemon *hookline_mhd_start(const struct hookline_mhd_options *o) {
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
        0, NULL, NULL, o->access_handler, o->context,
        MHD_OPTION_EXTERNAL_LOGGER, o->logger, o->context,
        MHD_OPTION_LISTEN_SOCKET, o->listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, o->connections_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)o->connection_memory_bytes,
        MHD_OPTION_CONNECTION_TIMEOUT, o->connection_timeout_seconds,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_URI_LOG_CALLBACK, o->request_line, o->context,
        MHD_OPTION_NOTIFY_COMPLETED, o->request_completed, o->context,
        MHD_OPTION_NOTIFY_CONNECTION, o->connection_changed, o->context,
        MHD_OPTION_END);
}

static inline int hookline_mhd_epoll_fd(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info == NULL ? -1 : info->epoll_fd;
}

static inline void *hookline_mhd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

static inline int hookline_mhd_connection_fd(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

static inline const struct sockaddr *hookline_mhd_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info == NULL ? NULL : info->client_addr;
}

static inline long hookline_mhd_header_size(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info == NULL ? -1 : (long)info->header_size;
}

#endif
