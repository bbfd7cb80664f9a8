#ifndef HOOKLINE_CRECEIVE_H
#define HOOKLINE_CRECEIVE_H

#include <stddef.h>
#include <sys/types.h>

/* Receives for a socket: the number of bytes written to `buffer`, 0 at the end of the stream, or
   the negative of an errno. */
typedef ssize_t (*hookline_receiver)(void *context, int socket, void *buffer, size_t bytes);

/* From here on each plain `recv` (without flags) of the calling thread is `receiver`'s, until it is
   called with NULL. See CReceive.c. */
void hookline_receive_with(hookline_receiver receiver, void *context);

#endif
