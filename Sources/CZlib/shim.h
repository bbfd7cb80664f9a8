#ifndef HOOKLINE_CZLIB_SHIM_H
#define HOOKLINE_CZLIB_SHIM_H

#include <zlib.h>

/* Only what Swift cannot call: deflateInit2 is a macro. */

/* Windows of 15 bits; 16 more ask for a gzip header and trailer (zlib.h, deflateInit2). */
static inline int hookline_zlib_init_gzip(z_streamp stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
