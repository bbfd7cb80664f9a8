#ifndef HOOKLINE_PROXY_TRAP_H
#define HOOKLINE_PROXY_TRAP_H

/* Nothing to call: being linked is enough. */

#endif
