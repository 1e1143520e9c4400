// Preloaded by the tests into a program that uses SQLite: puts another connection into the two moments of a checkpoint
// at which the WAL-reset bug of SQLite before 3.51.3 loses rows (https://www.sqlite.org/wal.html, section 11).
//
// Before a checkpoint takes its lock, the other connection completes one of its own, as another process may. After the
// checkpoint has read the header of the log's index, and before it uses the rest, the other connection commits
// UPLOAD_QUEUE_RESET_SQL, which starts the log again; where a guard holds the write lock, it cannot. What came of each
// commit is a line in the file UPLOAD_QUEUE_RESET_LOG: the library's version, and `committed`, `busy` or SQLite's words.
//
// Built by the tests: cc -shared -fPIC -o reset.so reset.c -lsqlite3

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A main database: what SQLite calls, and the file of the VFS "unix" that does it.
typedef struct {
    sqlite3_file base;
    const char *path;
    int lock;
    sqlite3_file *real;
} Database;

static sqlite3_vfs *unix_vfs;
static sqlite3_vfs reset_vfs;

static sqlite3_file *real(sqlite3_file *file) { return ((Database *)file)->real; }

// The other connection does not go through this VFS, so that nothing here is called again meanwhile.
static int run(const char *path, const char *sql, char *message, size_t size) {
    sqlite3 *other = NULL;
    int code = sqlite3_open_v2(path, &other, SQLITE_OPEN_READWRITE, "unix");
    if (code == SQLITE_OK) code = sqlite3_exec(other, "PRAGMA wal_autocheckpoint = 0", NULL, NULL, NULL);
    if (code == SQLITE_OK) code = sqlite3_exec(other, sql, NULL, NULL, NULL);
    snprintf(message, size, "%s", code == SQLITE_OK ? "committed" : code == SQLITE_BUSY ? "busy" : sqlite3_errmsg(other));
    sqlite3_close(other);
    return code;
}

static void complete_a_checkpoint(const char *path) {
    char message[200];
    run(path, "PRAGMA wal_checkpoint(PASSIVE)", message, sizeof message);
}

static void commit(const char *path) {
    const char *sql = getenv("UPLOAD_QUEUE_RESET_SQL"), *log = getenv("UPLOAD_QUEUE_RESET_LOG");
    if (!sql || !log) return;
    char message[200];
    run(path, sql, message, sizeof message);
    FILE *file = fopen(log, "a");
    if (!file) abort();
    fprintf(file, "%s %s\n", sqlite3_libversion(), message);
    fclose(file);
}

// The checkpoint of the last connection that closes keeps everyone out by itself.
static int is_shared(sqlite3_file *file) { return ((Database *)file)->lock < SQLITE_LOCK_EXCLUSIVE; }

static int lock_shared_memory(sqlite3_file *file, int offset, int n, int flags) {
    const int checkpoint_lock = 1; // https://www.sqlite.org/walformat.html, section 2.3
    int is_checkpoint = offset == checkpoint_lock && n == 1 && flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);
    if (is_checkpoint && is_shared(file)) complete_a_checkpoint(((Database *)file)->path);
    return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}

// Without memory mapping it is called with these arguments at one place only: in the middle of a checkpoint.
static int unfetch(sqlite3_file *file, sqlite3_int64 offset, void *page) {
    if (offset == 0 && page == NULL && is_shared(file)) commit(((Database *)file)->path);
    return real(file)->pMethods->xUnfetch(real(file), offset, page);
}

static int lock(sqlite3_file *file, int level) {
    int code = real(file)->pMethods->xLock(real(file), level);
    if (code == SQLITE_OK) ((Database *)file)->lock = level;
    return code;
}

static int unlock(sqlite3_file *file, int level) {
    ((Database *)file)->lock = level;
    return real(file)->pMethods->xUnlock(real(file), level);
}

#define FORWARD(name, method, parameters, ...) \
    static int name parameters { return real(file)->pMethods->method(real(file), ##__VA_ARGS__); }

FORWARD(close_file, xClose, (sqlite3_file *file))
FORWARD(read_bytes, xRead, (sqlite3_file *file, void *bytes, int n, sqlite3_int64 at), bytes, n, at)
FORWARD(write_bytes, xWrite, (sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at), bytes, n, at)
FORWARD(truncate_file, xTruncate, (sqlite3_file *file, sqlite3_int64 size), size)
FORWARD(sync_file, xSync, (sqlite3_file *file, int flags), flags)
FORWARD(file_size, xFileSize, (sqlite3_file *file, sqlite3_int64 *size), size)
FORWARD(check_reserved_lock, xCheckReservedLock, (sqlite3_file *file, int *result), result)
FORWARD(file_control, xFileControl, (sqlite3_file *file, int op, void *argument), op, argument)
FORWARD(sector_size, xSectorSize, (sqlite3_file *file))
FORWARD(device_characteristics, xDeviceCharacteristics, (sqlite3_file *file))
FORWARD(map_shared_memory, xShmMap, (sqlite3_file *file, int page, int size, int extend, void volatile **memory),
    page, size, extend, memory)
FORWARD(unmap_shared_memory, xShmUnmap, (sqlite3_file *file, int delete_it), delete_it)
FORWARD(fetch, xFetch, (sqlite3_file *file, sqlite3_int64 at, int n, void **page), at, n, page)

static void memory_barrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }

static const sqlite3_io_methods methods = {
    3, close_file, read_bytes, write_bytes, truncate_file, sync_file, file_size, lock, unlock, check_reserved_lock,
    file_control, sector_size, device_characteristics, map_shared_memory, lock_shared_memory, memory_barrier,
    unmap_shared_memory, fetch, unfetch,
};

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *opened) {
    if (!(flags & SQLITE_OPEN_MAIN_DB)) return unix_vfs->xOpen(unix_vfs, path, file, flags, opened);
    Database *database = (Database *)file;
    memset(database, 0, sizeof *database);
    database->path = path;
    database->real = (sqlite3_file *)(database + 1);
    int code = unix_vfs->xOpen(unix_vfs, path, database->real, flags, opened);
    if (database->real->pMethods) database->base.pMethods = &methods;
    return code;
}

__attribute__((constructor)) static void take_the_place_of_unix(void) {
    unix_vfs = sqlite3_vfs_find("unix");
    if (!unix_vfs) abort();
    reset_vfs = *unix_vfs;
    reset_vfs.pNext = NULL;
    reset_vfs.zName = "reset";
    reset_vfs.szOsFile += sizeof(Database);
    reset_vfs.xOpen = open_file;
    sqlite3_vfs_register(&reset_vfs, 1);
}
