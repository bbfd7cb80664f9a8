#include "CBuild.h"

#ifndef HOOKLINE_REVISION
#define HOOKLINE_REVISION "unknown"
#endif

const char *hookline_revision(void) {
    return HOOKLINE_REVISION;
}
