// Preloaded into the command by the tests of power loss: records every call that changes a file or a name in the folder
// UPLOAD_QUEUE_RECORD_FOLDER, every sync there, what goes to standard output, and the beginning of what is sent to a
// socket, in the order in which they took effect, to the file UPLOAD_QUEUE_RECORD.
//
// A record: its kind (a letter), the file's number, two numbers, the size of its bytes (4 bytes), its bytes.
//
// Built by the tests: cc -shared -fPIC -o record.so record.c -ldl

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int recording = -1;
static char folder[PATH_MAX];
static size_t folder_length;

// Of a request only its first line and headers are of interest.
enum { most_of_a_message = 512 };

__attribute__((constructor)) static void prepare(void) {
    const char *path = getenv("UPLOAD_QUEUE_RECORD");
    const char *name = getenv("UPLOAD_QUEUE_RECORD_FOLDER");
    if (!path || !name || !realpath(name, folder)) return;
    folder_length = strlen(folder);
    recording = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(char kind, uint64_t file, uint64_t a, uint64_t b, const struct iovec *parts, int count) {
    uint32_t size = 0;
    for (int i = 0; i < count; i++) size += parts[i].iov_len;
    unsigned char head[29] = {(unsigned char)kind};
    memcpy(head + 1, &file, 8);
    memcpy(head + 9, &a, 8);
    memcpy(head + 17, &b, 8);
    memcpy(head + 25, &size, 4);
    struct iovec all[18] = {{head, sizeof head}};
    if (count > 17) abort();
    memcpy(all + 1, parts, count * sizeof *parts);
    ssize_t total = sizeof head + size;
    // A record that is not whole would make the test judge something that never happened.
    if (syscall(SYS_writev, recording, all, count + 1) != total) abort();
}

static void note_text(char kind, uint64_t file, const char *text) {
    struct iovec part = {(void *)text, strlen(text)};
    note(kind, file, 0, 0, &part, 1);
}

static int is_inside(const char *path) {
    return strncmp(path, folder, folder_length) == 0 && (path[folder_length] == '/' || path[folder_length] == 0);
}

// The path of a name, made absolute; 0 where it is not in the folder.
static int path_of(int at, const char *name, char *path) {
    char base[PATH_MAX] = "";
    if (name[0] != '/') {
        if (at == AT_FDCWD) {
            if (syscall(SYS_getcwd, base, sizeof base) < 0) return 0;
        } else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", at);
            ssize_t length = readlink(link, base, sizeof base - 1);
            if (length < 0) return 0;
            base[length] = 0;
        }
        if (snprintf(path, PATH_MAX, "%s/%s", base, name) >= PATH_MAX) return 0;
    } else if (snprintf(path, PATH_MAX, "%s", name) >= PATH_MAX) {
        return 0;
    }
    return is_inside(path);
}

// What a descriptor is: 'F' a file in the folder, 'D' a folder there, 'N' a socket, 'O' standard output, 0 else.
static char kind_of(int descriptor, uint64_t *file, char *path) {
    if (recording < 0) return 0;
    struct stat information;
    if (descriptor == 1) return 'O';
    if (fstat(descriptor, &information) != 0) return 0;
    if (S_ISSOCK(information.st_mode)) return 'N';
    if (!S_ISREG(information.st_mode) && !S_ISDIR(information.st_mode)) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (!is_inside(path)) return 0;
    *file = information.st_ino;
    return S_ISDIR(information.st_mode) ? 'D' : 'F';
}

static void note_bytes(int descriptor, uint64_t at, const struct iovec *parts, int count, ssize_t written) {
    uint64_t file = 0;
    char path[PATH_MAX];
    char kind = kind_of(descriptor, &file, path);
    if (!kind || written < 0) return;
    // What was not taken is not recorded.
    struct iovec taken[16];
    int used = 0;
    size_t left = kind == 'N' && written > most_of_a_message ? most_of_a_message : (size_t)written;
    for (int i = 0; i < count && used < 16 && left > 0; i++) {
        size_t size = parts[i].iov_len < left ? parts[i].iov_len : left;
        taken[used++] = (struct iovec){parts[i].iov_base, size};
        left -= size;
    }
    if (left > 0) abort();
    if (kind == 'F') note('W', file, at, 0, taken, used);
    else if (kind != 'D') note(kind, 0, 0, 0, taken, used);
}

#define REAL(name)                             \
    static __typeof__(&name) real;             \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define IN_ORDER(type, call, then)             \
    if (recording < 0) return call;            \
    pthread_mutex_lock(&order);                \
    type result = call;                        \
    int reason = errno;                        \
    then;                                      \
    pthread_mutex_unlock(&order);              \
    errno = reason;                            \
    return result

static uint64_t position(int descriptor, ssize_t written) {
    struct stat information;
    if (fstat(descriptor, &information) != 0 || !S_ISREG(information.st_mode) || written < 0) return 0;
    return lseek(descriptor, 0, SEEK_CUR) - written;
}

#define ONE(bytes, size) &(struct iovec){(void *)(bytes), (size)}, 1

ssize_t write(int descriptor, const void *bytes, size_t size) {
    REAL(write);
    IN_ORDER(ssize_t, real(descriptor, bytes, size),
        note_bytes(descriptor, position(descriptor, result), ONE(bytes, size), result));
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    REAL(writev);
    IN_ORDER(ssize_t, real(descriptor, parts, count),
        note_bytes(descriptor, position(descriptor, result), parts, count, result));
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t at) {
    REAL(pwrite);
    IN_ORDER(ssize_t, real(descriptor, bytes, size, at), note_bytes(descriptor, at, ONE(bytes, size), result));
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t at) {
    REAL(pwrite64);
    IN_ORDER(ssize_t, real(descriptor, bytes, size, at), note_bytes(descriptor, at, ONE(bytes, size), result));
}

// Sends are noted before they are made: what the server may have seen was on its way by then.
ssize_t send(int descriptor, const void *bytes, size_t size, int flags) {
    REAL(send);
    if (recording < 0) return real(descriptor, bytes, size, flags);
    pthread_mutex_lock(&order);
    note_bytes(descriptor, 0, ONE(bytes, size), size);
    pthread_mutex_unlock(&order);
    return real(descriptor, bytes, size, flags);
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
    REAL(sendmsg);
    if (recording < 0) return real(descriptor, message, flags);
    size_t size = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++) size += message->msg_iov[i].iov_len;
    pthread_mutex_lock(&order);
    note_bytes(descriptor, 0, message->msg_iov, message->msg_iovlen, size);
    pthread_mutex_unlock(&order);
    return real(descriptor, message, flags);
}

static void note_resized(int descriptor, uint64_t size) {
    uint64_t file;
    char path[PATH_MAX];
    if (kind_of(descriptor, &file, path) == 'F') note('T', file, size, 0, NULL, 0);
}

static void note_synced(int descriptor) {
    uint64_t file;
    char path[PATH_MAX];
    char kind = kind_of(descriptor, &file, path);
    if (kind == 'F') note('S', file, 0, 0, NULL, 0);
    if (kind == 'D') note_text('D', 0, path + folder_length);
}

int ftruncate(int descriptor, off_t size) {
    REAL(ftruncate);
    IN_ORDER(int, real(descriptor, size), if (result == 0) note_resized(descriptor, size));
}

int ftruncate64(int descriptor, off64_t size) {
    REAL(ftruncate64);
    IN_ORDER(int, real(descriptor, size), if (result == 0) note_resized(descriptor, size));
}

int fsync(int descriptor) {
    REAL(fsync);
    IN_ORDER(int, real(descriptor), if (result == 0) note_synced(descriptor));
}

int fdatasync(int descriptor) {
    REAL(fdatasync);
    IN_ORDER(int, real(descriptor), if (result == 0) note_synced(descriptor));
}

static int opened(int (*real)(int, const char *, int, ...), int at, const char *name, int flags, mode_t mode) {
    if (recording < 0 || !(flags & (O_CREAT | O_TRUNC))) return real(at, name, flags, mode);
    char path[PATH_MAX];
    struct stat information;
    int is_ours = path_of(at, name, path);
    pthread_mutex_lock(&order);
    int existed = fstatat(at, name, &information, 0) == 0;
    int result = real(at, name, flags, mode);
    int reason = errno;
    if (is_ours && result >= 0 && fstat(result, &information) == 0) {
        if (!existed) note_text('C', information.st_ino, path + folder_length);
        else if (flags & O_TRUNC) note('T', information.st_ino, 0, 0, NULL, 0);
    }
    pthread_mutex_unlock(&order);
    errno = reason;
    return result;
}

#define MODE(last)                              \
    mode_t mode = 0;                            \
    if (flags & (O_CREAT | O_TMPFILE)) {        \
        va_list rest;                           \
        va_start(rest, last);                   \
        mode = va_arg(rest, mode_t);            \
        va_end(rest);                           \
    }

#define OPEN(name, real_name)                                                \
    int name(const char *path, int flags, ...) {                             \
        static __typeof__(&openat) real;                                     \
        if (!real) real = (__typeof__(&openat))dlsym(RTLD_NEXT, #real_name); \
        MODE(flags)                                                          \
        return opened(real, AT_FDCWD, path, flags, mode);                    \
    }

#define OPEN_AT(name)                                                        \
    int name(int at, const char *path, int flags, ...) {                     \
        REAL(name);                                                          \
        MODE(flags)                                                          \
        return opened(real, at, path, flags, mode);                          \
    }

OPEN(open, openat)
OPEN(open64, openat64)
OPEN_AT(openat)
OPEN_AT(openat64)

static void note_name(char kind, int at, const char *name) {
    char path[PATH_MAX];
    if (path_of(at, name, path)) note_text(kind, 0, path + folder_length);
}

// Two names, with a byte 0 between them; one that is not in the folder is empty.
static void note_names(char kind, int a, const char *from, int b, const char *to) {
    char paths[2][PATH_MAX];
    int first = path_of(a, from, paths[0]), second = path_of(b, to, paths[1]);
    if (!first && !second) return;
    struct stat information;
    uint64_t file = fstatat(b, to, &information, AT_SYMLINK_NOFOLLOW) == 0 ? information.st_ino : 0;
    const char *old = first ? paths[0] + folder_length : "", *new = second ? paths[1] + folder_length : "";
    struct iovec parts[2] = {{(void *)old, strlen(old) + 1}, {(void *)new, strlen(new)}};
    note(kind, file, 0, 0, parts, 2);
}

#define ON_NAME(kind, at, path, call) IN_ORDER(int, call, if (result == 0) note_name(kind, at, path))
#define ON_NAMES(kind, a, from, b, to, call) IN_ORDER(int, call, if (result == 0) note_names(kind, a, from, b, to))

int unlink(const char *path) { REAL(unlink); ON_NAME('U', AT_FDCWD, path, real(path)); }
int unlinkat(int at, const char *path, int flags) { REAL(unlinkat); ON_NAME('U', at, path, real(at, path, flags)); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); ON_NAME('M', AT_FDCWD, path, real(path, mode)); }
int mkdirat(int at, const char *path, mode_t mode) { REAL(mkdirat); ON_NAME('M', at, path, real(at, path, mode)); }
int rename(const char *from, const char *to) {
    REAL(rename);
    ON_NAMES('R', AT_FDCWD, from, AT_FDCWD, to, real(from, to));
}
int renameat(int a, const char *from, int b, const char *to) {
    REAL(renameat);
    ON_NAMES('R', a, from, b, to, real(a, from, b, to));
}
int renameat2(int a, const char *from, int b, const char *to, unsigned int flags) {
    REAL(renameat2);
    ON_NAMES('R', a, from, b, to, real(a, from, b, to, flags));
}
int link(const char *from, const char *to) {
    REAL(link);
    ON_NAMES('L', AT_FDCWD, from, AT_FDCWD, to, real(from, to));
}
int linkat(int a, const char *from, int b, const char *to, int flags) {
    REAL(linkat);
    ON_NAMES('L', a, from, b, to, real(a, from, b, to, flags));
}
