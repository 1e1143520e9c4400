// Preloaded into the command by a control of the tests: takes the check of its claim out of every write of a worker, so
// that a worker goes on with an upload that another one took over. The tests have to notice.
//
// Built by the tests: cc -shared -fPIC -o unfenced.so unfenced.c -ldl

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static const char check[] = "worker_id = :claimWorker AND generation = :claimGeneration";
// The parameters stay: a statement without them would be refused.
static const char none[] = "(:claimWorker OR 1) AND (:claimGeneration OR 1)";

int sqlite3_prepare_v3(void *database, const char *sql, int size, unsigned flags, void **statement, const char **tail) {
    int (*real)(void *, const char *, int, unsigned, void **, const char **) = dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
    const char *place = strstr(sql, check);
    if (!place || (size >= 0 && place + sizeof check > sql + size)) {
        return real(database, sql, size, flags, statement, tail);
    }
    size_t before = place - sql;
    char *text = malloc(strlen(sql) + sizeof none);
    if (!text) abort();
    memcpy(text, sql, before);
    strcpy(text + before, none);
    strcat(text, place + sizeof check - 1);
    int code = real(database, text, -1, flags, statement, NULL);
    // The caller looks for further statements behind this one: there are none.
    if (tail) *tail = sql + strlen(sql);
    free(text);
    return code;
}
