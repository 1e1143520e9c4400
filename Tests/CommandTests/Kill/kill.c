// Preloaded into the command by the crash tests: kills the process right before its Nth call that changes a file or
// sends to a socket. N comes from UPLOAD_QUEUE_KILL_AT; without it the calls are only counted. A process that ends by
// itself writes the number of its calls to the file UPLOAD_QUEUE_KILL_COUNT. With UPLOAD_QUEUE_KILL_NAMES only the calls
// count that give, take or sync names and files, and not those that write or send.
//
// With UPLOAD_QUEUE_FAULT_FOLDER nothing is killed. Only the calls count then that make, write, sync or cut a file in
// that folder, and the one of the number UPLOAD_QUEUE_FAULT_AT fails: with EIO, with ENOSPC where
// UPLOAD_QUEUE_FAULT_FULL is set, or with EROFS where UPLOAD_QUEUE_FAULT_READ_ONLY is. With UPLOAD_QUEUE_FAULT_FOREVER all that follow fail too. With UPLOAD_QUEUE_FAULT_STOP
// a process that handles SIGTERM gets one with the first call that fails.
//
// Built by the tests: cc -shared -fPIC -o kill.so kill.c -ldl

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static long kill_at;
static int names_only;
static const char *fault_folder;
static long fault_at;
static int fault_error;
static int fails_forever;
static atomic_int stops;

__attribute__((constructor)) static void prepare(void) {
    const char *text = getenv("UPLOAD_QUEUE_KILL_AT");
    kill_at = text ? atol(text) : 0;
    names_only = getenv("UPLOAD_QUEUE_KILL_NAMES") != NULL;
    fault_folder = getenv("UPLOAD_QUEUE_FAULT_FOLDER");
    text = getenv("UPLOAD_QUEUE_FAULT_AT");
    fault_at = text ? atol(text) : 0;
    fault_error = getenv("UPLOAD_QUEUE_FAULT_FULL") ? ENOSPC : getenv("UPLOAD_QUEUE_FAULT_READ_ONLY") ? EROFS : EIO;
    fails_forever = getenv("UPLOAD_QUEUE_FAULT_FOREVER") != NULL;
    stops = getenv("UPLOAD_QUEUE_FAULT_STOP") != NULL;
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
    if (fault_folder) return;
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

static void stop_once(void) {
    struct sigaction action;
    if (!atomic_load(&stops) || sigaction(SIGTERM, NULL, &action) != 0 || action.sa_handler == SIG_DFL) return;
    if (atomic_exchange(&stops, 0)) kill(getpid(), SIGTERM);
}

// Whether the call that is to be made on a path fails instead.
static int fails_at(const char *path) {
    size_t length = strlen(fault_folder);
    if (strncmp(path, fault_folder, length) != 0 || (path[length] && path[length] != '/')) return 0;
    long call = atomic_fetch_add(&calls, 1) + 1;
    if (fault_at == 0 || call < fault_at || (call > fault_at && !fails_forever)) return 0;
    stop_once();
    errno = fault_error;
    return 1;
}

static int fails(int descriptor) {
    if (!fault_folder) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails_at(path);
}

static int fails_in(int folder, const char *name) {
    if (!fault_folder) return 0;
    if (name[0] == '/' || folder == AT_FDCWD) return fails_at(name);
    char link[64], path[2 * PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    snprintf(path + length, sizeof path - length, "/%s", name);
    return fails_at(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define ON_DESCRIPTOR(result, name, parameters, ...)              \
    result name parameters {                                      \
        static __typeof__(&name) real;                            \
        if (!real) real = REAL(name);                             \
        if (!names_only) count_for(descriptor);                   \
        if (fails(descriptor)) return -1;                         \
        return real(__VA_ARGS__);                                 \
    }

#define ON_FILE(result, name, parameters, ...)                    \
    result name parameters {                                      \
        static __typeof__(&name) real;                            \
        if (!real) real = REAL(name);                             \
        count_for(descriptor);                                    \
        if (fails(descriptor)) return -1;                         \
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

int mkdir(const char *path, mode_t mode) {
    static __typeof__(&mkdir) real;
    if (!real) real = REAL(mkdir);
    count();
    if (fails_in(AT_FDCWD, path)) return -1;
    return real(path, mode);
}

// Only the calls that may make a file: a disk that is full or broken still lets files be opened.
#define ON_OPEN(name, parameters, folder, ...)                    \
    int name parameters {                                         \
        static __typeof__(&name) real;                            \
        if (!real) real = REAL(name);                             \
        mode_t mode = 0;                                          \
        if (flags & O_CREAT) {                                    \
            va_list rest;                                         \
            va_start(rest, flags);                                \
            mode = va_arg(rest, mode_t);                          \
            va_end(rest);                                         \
            if (fails_in(folder, path)) return -1;                \
        }                                                         \
        return real(__VA_ARGS__, mode);                           \
    }

ON_OPEN(open, (const char *path, int flags, ...), AT_FDCWD, path, flags)
ON_OPEN(open64, (const char *path, int flags, ...), AT_FDCWD, path, flags)
ON_OPEN(openat, (int folder, const char *path, int flags, ...), folder, folder, path, flags)
ON_OPEN(openat64, (int folder, const char *path, int flags, ...), folder, folder, path, flags)
