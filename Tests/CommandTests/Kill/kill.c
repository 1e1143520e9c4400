// Preloaded into the command by the crash tests: kills the process right before its Nth call that changes a file or
// sends to a socket. N comes from UPLOAD_QUEUE_KILL_AT; without it the calls are only counted. A process that ends by
// itself writes the number of its calls to the file UPLOAD_QUEUE_KILL_COUNT. With UPLOAD_QUEUE_KILL_NAMES only the calls
// count that give, take or sync names and files, and not those that write or send.
//
// Built by the tests: cc -shared -fPIC -o kill.so kill.c -ldl

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static long kill_at;
static int names_only;

__attribute__((constructor)) static void prepare(void) {
    const char *text = getenv("UPLOAD_QUEUE_KILL_AT");
    kill_at = text ? atol(text) : 0;
    names_only = getenv("UPLOAD_QUEUE_KILL_NAMES") != NULL;
}

__attribute__((destructor)) static void report(void) {
    const char *path = getenv("UPLOAD_QUEUE_KILL_COUNT");
    if (!path) return;
    FILE *file = fopen(path, "w");
    if (!file) return;
    fprintf(file, "%ld\n", atomic_load(&calls));
    fclose(file);
}

static void count(void) {
    if (atomic_fetch_add(&calls, 1) + 1 == kill_at) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
}

// Pipes and event descriptors carry nothing that lasts, and their number differs from run to run.
static void count_for(int descriptor) {
    struct stat information;
    if (fstat(descriptor, &information) != 0) return;
    mode_t mode = information.st_mode;
    if (S_ISREG(mode) || S_ISDIR(mode) || S_ISSOCK(mode)) count();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define ON_DESCRIPTOR(result, name, parameters, ...)              \
    result name parameters {                                      \
        static __typeof__(&name) real;                            \
        if (!real) real = REAL(name);                             \
        if (!names_only) count_for(descriptor);                   \
        return real(__VA_ARGS__);                                 \
    }

#define ON_FILE(result, name, parameters, ...)                    \
    result name parameters {                                      \
        static __typeof__(&name) real;                            \
        if (!real) real = REAL(name);                             \
        count_for(descriptor);                                    \
        return real(__VA_ARGS__);                                 \
    }

#define ON_PATH(result, name, parameters, ...)                    \
    result name parameters {                                      \
        static __typeof__(&name) real;                            \
        if (!real) real = REAL(name);                             \
        count();                                                  \
        return real(__VA_ARGS__);                                 \
    }

ON_DESCRIPTOR(ssize_t, write, (int descriptor, const void *bytes, size_t size), descriptor, bytes, size)
ON_DESCRIPTOR(ssize_t, writev, (int descriptor, const struct iovec *parts, int n), descriptor, parts, n)
ON_DESCRIPTOR(ssize_t, pwrite, (int descriptor, const void *bytes, size_t size, off_t at), descriptor, bytes, size, at)
ON_DESCRIPTOR(ssize_t, pwrite64, (int descriptor, const void *bytes, size_t size, off64_t at), descriptor, bytes, size, at)
ON_DESCRIPTOR(ssize_t, pwritev, (int descriptor, const struct iovec *parts, int n, off_t at), descriptor, parts, n, at)
ON_DESCRIPTOR(ssize_t, send, (int descriptor, const void *bytes, size_t size, int flags), descriptor, bytes, size, flags)
ON_DESCRIPTOR(ssize_t, sendto,
    (int descriptor, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t length),
    descriptor, bytes, size, flags, to, length)
ON_DESCRIPTOR(ssize_t, sendmsg, (int descriptor, const struct msghdr *message, int flags), descriptor, message, flags)
ON_DESCRIPTOR(int, sendmmsg, (int descriptor, struct mmsghdr *messages, unsigned int n, int flags),
    descriptor, messages, n, flags)
ON_DESCRIPTOR(ssize_t, sendfile, (int descriptor, int from, off_t *at, size_t size), descriptor, from, at, size)
ON_DESCRIPTOR(ssize_t, sendfile64, (int descriptor, int from, off64_t *at, size_t size), descriptor, from, at, size)
ON_FILE(int, fsync, (int descriptor), descriptor)
ON_FILE(int, fdatasync, (int descriptor), descriptor)
ON_FILE(int, ftruncate, (int descriptor, off_t size), descriptor, size)
ON_FILE(int, ftruncate64, (int descriptor, off64_t size), descriptor, size)
ON_DESCRIPTOR(int, connect, (int descriptor, const struct sockaddr *to, socklen_t length), descriptor, to, length)
ON_PATH(int, rename, (const char *from, const char *to), from, to)
ON_PATH(int, renameat, (int a, const char *from, int b, const char *to), a, from, b, to)
ON_PATH(int, renameat2, (int a, const char *from, int b, const char *to, unsigned int flags), a, from, b, to, flags)
ON_PATH(int, link, (const char *from, const char *to), from, to)
ON_PATH(int, linkat, (int a, const char *from, int b, const char *to, int flags), a, from, b, to, flags)
ON_PATH(int, unlink, (const char *path), path)
ON_PATH(int, unlinkat, (int folder, const char *path, int flags), folder, path, flags)
ON_PATH(int, mkdir, (const char *path, mode_t mode), path, mode)
