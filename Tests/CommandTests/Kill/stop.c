// Preloaded into the command by a test: stops the process right before its Nth call that gives or takes a name in a
// folder, as if the machine were slow there. The folder comes from UPLOAD_QUEUE_STOP_IN, N from UPLOAD_QUEUE_STOP_AT.
// SIGCONT lets it go on. With UPLOAD_QUEUE_STOP_FAILS the call fails instead, as one of a disk does that has an error.
//
// Built by the tests: cc -shared -fPIC -o stop.so stop.c -ldl

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_long calls;
static const char *folder;
static long stop_at;
static int only_fails;

__attribute__((constructor)) static void prepare(void) {
    folder = getenv("UPLOAD_QUEUE_STOP_IN");
    const char *text = getenv("UPLOAD_QUEUE_STOP_AT");
    stop_at = text ? atol(text) : 0;
    only_fails = getenv("UPLOAD_QUEUE_STOP_FAILS") != NULL;
}

// Whether the call that is to be made on a path fails.
static int fails(const char *path) {
    if (!folder || strncmp(path, folder, strlen(folder)) != 0) return 0;
    if (atomic_fetch_add(&calls, 1) + 1 != stop_at) return 0;
    // To this thread, which takes it before it goes on; it stops all of them.
    if (!only_fails) return raise(SIGSTOP);
    errno = EIO;
    return 1;
}

#define ON_PATH(name, parameters, path, ...)                      \
    int name parameters {                                         \
        static __typeof__(&name) real;                            \
        if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
        if (fails(path)) return -1;                               \
        return real(__VA_ARGS__);                                 \
    }

ON_PATH(rename, (const char *from, const char *to), from, from, to)
ON_PATH(link, (const char *from, const char *to), from, from, to)
ON_PATH(unlink, (const char *path), path, path)
