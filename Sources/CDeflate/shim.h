#ifndef HOOKLINE_CDEFLATE_SHIM_H
#define HOOKLINE_CDEFLATE_SHIM_H

#include <libdeflate.h>

#endif
