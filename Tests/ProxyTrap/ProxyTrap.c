/* The variables that send a careless client's requests elsewhere, for every test. Set before the
 * program begins: once there are threads, setenv can move what getenv reads, and libraries call
 * getenv when they like. */
#include "ProxyTrap.h"

#include <stdlib.h>

__attribute__((constructor)) static void set_trap(void) {
    static const char *const names[] = {
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++)
        setenv(names[index], "http://127.0.0.1:9", 1);
    unsetenv("no_proxy");
    unsetenv("NO_PROXY");
}
