// Preloaded into the command by the storm: the wall clock jumps. UPLOAD_QUEUE_CLOCK has numbers of seconds, such as
// "86400 -3": the first is added to the time of day for some of the questions for it, then the second, and again the
// first. Clocks that only count on are left alone, as a person or a time server leaves them alone.
//
// Built by the tests: cc -shared -fPIC -o clock.so clock.c -ldl

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

enum { most_jumps = 16, questions = 50 };
static long jumps[most_jumps];
static int count;
static atomic_long asked;

__attribute__((constructor)) static void prepare(void) {
    const char *text = getenv("UPLOAD_QUEUE_CLOCK");
    while (text && *text && count < most_jumps) {
        char *end;
        long jump = strtol(text, &end, 10);
        if (end == text) return;
        jumps[count++] = jump;
        text = end;
    }
}

static long jump(void) {
    if (!count) return 0;
    return jumps[atomic_fetch_add(&asked, 1) / questions % count];
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*next)(clockid_t, struct timespec *);
    if (!next) next = dlsym(RTLD_NEXT, "clock_gettime");
    int result = next(clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += jump();
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    static int (*next)(struct timeval *restrict, void *restrict);
    if (!next) next = dlsym(RTLD_NEXT, "gettimeofday");
    int result = next(time, zone);
    if (result == 0 && time) time->tv_sec += jump();
    return result;
}

time_t time(time_t *result) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
