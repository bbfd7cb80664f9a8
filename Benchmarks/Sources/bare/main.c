/// The yardstick: libmicrohttpd that reads a whole request and answers a constant, in the same
/// kind of loop as Hookline's: one daemon, one SO_REUSEPORT socket and one thread a processor,
/// epoll outside the library, `MHD_run`. It checks nothing and keeps nothing.
///
///     bare PORT THREADS
#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static const char twiml[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>";

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request) {
    static int begun;
    (void)cls, (void)url, (void)method, (void)version, (void)upload;
    if (!*request) {
        *request = &begun;
        return MHD_YES;
    }
    if (*upload_size) {
        *upload_size = 0;
        return MHD_YES;
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(
        sizeof twiml - 1, (void *)twiml, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "text/xml");
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

static int listening(int port) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) || listen(descriptor, 4096)) {
        perror("bare: listen");
        exit(1);
    }
    return descriptor;
}

static void *serve(void *port) {
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, answer, NULL, MHD_OPTION_LISTEN_SOCKET,
        listening(*(int *)port), MHD_OPTION_CONNECTION_LIMIT, 4096, MHD_OPTION_END);
    if (!daemon) {
        fputs("bare: MHD_start_daemon failed\n", stderr);
        exit(1);
    }
    int outer = epoll_create1(EPOLL_CLOEXEC);
    int inner = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event);
    for (;;) {
        MHD_UNSIGNED_LONG_LONG wait;
        int timeout = MHD_get_timeout(daemon, &wait) == MHD_YES && wait < 100 ? (int)wait : 100;
        epoll_wait(outer, &event, 1, timeout);
        MHD_run(daemon);
    }
}

int main(int count, char **words) {
    if (count != 3) {
        fputs("usage: bare PORT THREADS\n", stderr);
        return 2;
    }
    int port = atoi(words[1]), threads = atoi(words[2]);
    for (int index = 1; index < threads; index++) {
        pthread_t thread;
        pthread_create(&thread, NULL, serve, &port);
    }
    serve(&port);
}
