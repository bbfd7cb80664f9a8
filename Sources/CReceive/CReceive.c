#include "CReceive.h"

#include <errno.h>
#include <sys/socket.h>

/* libmicrohttpd has no hook below its parser. It calls `recv` through the dynamic linker, which
   finds a program's function before the C library's. So this function stands in for it, in the
   whole process.

   On a thread that asked for it (an event loop, while libmicrohttpd runs on it), a call without
   flags goes to the thread's receiver. Every other call does what the C library's `recv` does: POSIX
   defines it as `recvfrom` with a null address. */

static _Thread_local hookline_receiver current;
static _Thread_local void *current_context;

void hookline_receive_with(hookline_receiver receiver, void *context) {
    current = receiver;
    current_context = context;
}

ssize_t recv(int socket, void *buffer, size_t bytes, int flags) {
    if (current == NULL || flags != 0) return recvfrom(socket, buffer, bytes, flags, NULL, NULL);
    ssize_t count = current(current_context, socket, buffer, bytes);
    if (count >= 0) return count;
    errno = (int)-count;
    return -1;
}
