/// Names, faults, and the ends of processes.
#include "Disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t disk_random(disk *disk, uint64_t bound) {
    // splitmix64 (https://prng.di.unimi.it/splitmix64.c).
    uint64_t number = disk->random += 0x9e3779b97f4a7c15;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
    number = (number ^ number >> 27) * 0x94d049bb133111eb;
    return (number ^ number >> 31) % bound;
}

static bool happens(disk *disk, uint32_t millionths) {
    return millionths > 0 && disk_random(disk, 1000000) < millionths;
}

/// A fault by chance.
static int fault_by_chance(disk *disk, uint32_t kind) {
    const disk_rates *rates = &disk->rates;
    switch (kind) {
    case DISK_READ:
        if (happens(disk, rates->read_fails)) return DISK_FAILS;
        return happens(disk, rates->read_flips) ? DISK_FLIPS : DISK_WORKS;
    case DISK_WRITE:
        if (happens(disk, rates->write_fails)) return DISK_FAILS;
        if (happens(disk, rates->write_full)) return DISK_IS_FULL;
        return happens(disk, rates->write_flips) ? DISK_FLIPS : DISK_WORKS;
    case DISK_SYNC: return happens(disk, rates->sync_fails) ? DISK_FAILS : DISK_WORKS;
    default: return happens(disk, rates->other_fails) ? DISK_FAILS : DISK_WORKS;
    }
}

int disk_fault(disk *disk, uint32_t kind) {
    if (disk->is_stopped) return DISK_STOPS;
    if (disk->fail_kinds & kind) {
        disk->calls++;
        bool is_due = disk->fails_on ? disk->calls >= disk->fail_at : disk->calls == disk->fail_at;
        if (disk->fail_at > 0 && is_due) {
            disk->has_failed = true;
            if (disk->fault == DISK_STOPS) disk->is_stopped = true;
            return disk->fault;
        }
    }
    return fault_by_chance(disk, kind);
}

void sync_names(disk *disk) {
    for (int i = 0; i < ENTRIES_MAX; i++) {
        entry *entry = &disk->entries[i];
        if (entry->durable == entry->current) continue;
        if (entry->durable && entry->durable->opened == 0) inode_free(entry->durable);
        entry->durable = entry->current;
    }
}

int disk_sync_folder(disk *disk) {
    if (disk_fault(disk, DISK_SYNC) != DISK_WORKS) return -1;
    sync_names(disk);
    return 0;
}

entry *disk_entry(disk *disk, const char *name, bool adding) {
    entry *free_entry = NULL;
    for (int i = 0; i < ENTRIES_MAX; i++) {
        entry *entry = &disk->entries[i];
        if (strcmp(entry->name, name) == 0) return entry;
        if (!free_entry && entry->name[0] == 0) free_entry = entry;
    }
    if (!adding || !free_entry || strlen(name) >= NAME_MAX_BYTES) return NULL;
    strcpy(free_entry->name, name);
    return free_entry;
}

disk *disk_create(uint64_t seed) {
    disk *disk = calloc(1, sizeof *disk);
    disk->random = seed;
    disk->capacity = UINT64_MAX;
    disk->fail_kinds = DISK_ALL;
    disk_register(disk);
    return disk;
}

const char *disk_name(const disk *disk) { return disk->name; }

void disk_destroy(disk *disk) {
    sqlite3_vfs_unregister(&disk->vfs);
    for (int i = 0; i < ENTRIES_MAX; i++) {
        entry *entry = &disk->entries[i];
        if (entry->durable && entry->durable != entry->current) inode_free(entry->durable);
        if (entry->current) inode_free(entry->current);
    }
    free(disk);
}

uint64_t disk_calls(const disk *disk) { return disk->calls; }

void disk_fail_at(disk *disk, uint64_t call, uint32_t kinds, int fault, bool persistent) {
    disk->calls = 0;
    disk->fail_at = call;
    disk->fail_kinds = kinds;
    disk->fault = fault;
    disk->fails_on = persistent;
    disk->has_failed = false;
}

bool disk_has_failed(const disk *disk) { return disk->has_failed; }
void disk_set_rates(disk *disk, disk_rates rates) { disk->rates = rates; }
void disk_set_capacity(disk *disk, uint64_t bytes) { disk->capacity = bytes; }

uint64_t disk_used(const disk *disk) {
    uint64_t used = 0;
    for (int i = 0; i < ENTRIES_MAX; i++) {
        if (disk->entries[i].current) used += disk->entries[i].current->content.count;
    }
    return used;
}

void disk_on_sync(disk *disk, void (*call)(void *), void *context) {
    disk->on_sync = call;
    disk->context = context;
}

bool disk_rename(disk *disk, const char *name, const char *other) {
    entry *old = disk_entry(disk, name, false);
    entry *new = disk_entry(disk, other, true);
    if (!old || !old->current || !new || new->current || new->durable) return false;
    new->current = old->current;
    new->durable = old->durable ? old->durable : old->current;
    old->current = old->durable = NULL;
    return true;
}

void disk_set_time(disk *disk, int64_t milliseconds) { disk->milliseconds = milliseconds; }

void disk_stop(disk *disk) { disk->is_stopped = true; }
bool disk_is_stopped(const disk *disk) { return disk->is_stopped; }

static void check_closed(const disk *disk) {
    if (disk->opened == 0) return;
    fprintf(stderr, "%s: %d files are open\n", disk->name, disk->opened);
    abort();
}

void disk_restart(disk *disk) {
    check_closed(disk);
    for (int i = 0; i < ENTRIES_MAX; i++) {
        inode *inode = disk->entries[i].current;
        if (!inode) continue;
        inode_free_regions(inode);
        inode->shared = 0;
        inode->reserved = inode->pending = inode->exclusive = NULL;
    }
    disk->is_stopped = false;
}

void disk_cut_power(disk *disk, uint32_t keep) {
    check_closed(disk);
    for (int i = 0; i < ENTRIES_MAX; i++) {
        entry *entry = &disk->entries[i];
        inode *lost = disk_random(disk, 1000) < keep ? entry->durable : entry->current;
        inode *kept = lost == entry->current ? entry->durable : entry->current;
        if (lost && lost != kept) inode_free(lost);
        entry->current = entry->durable = kept;
        if (!kept) continue;
        write_back(disk, kept, keep);
        bytes_resize(&kept->content, kept->durable.count);
        if (kept->durable.count > 0) {
            memcpy(kept->content.at, kept->durable.at, kept->durable.count);
        }
    }
    disk_restart(disk);
}

static inode *find(disk *disk, const char *name) {
    entry *entry = disk_entry(disk, name, false);
    return entry ? entry->current : NULL;
}

int64_t disk_size(disk *disk, const char *name) {
    inode *inode = find(disk, name);
    return inode ? (int64_t)inode->content.count : -1;
}

size_t disk_peek(disk *disk, const char *name, size_t offset, void *bytes, size_t count) {
    inode *inode = find(disk, name);
    if (!inode || offset >= inode->content.count) return 0;
    size_t left = inode->content.count - offset;
    if (count > left) count = left;
    memcpy(bytes, inode->content.at + offset, count);
    return count;
}

bool disk_damage(disk *disk, const char *name, size_t offset, uint8_t mask) {
    inode *inode = find(disk, name);
    if (!inode || offset >= inode->content.count) return false;
    inode->content.at[offset] ^= mask;
    if (offset < inode->durable.count) inode->durable.at[offset] ^= mask;
    return true;
}

int disk_append(disk *disk, const char *name, const void *bytes, size_t count) {
    entry *entry = disk_entry(disk, name, true);
    if (!entry || disk->is_stopped) return -1;
    if (!entry->current) entry->current = inode_create();
    inode *inode = entry->current;
    return inode_write(disk, inode, bytes, count, inode->content.count) == SQLITE_OK ? 0 : -1;
}

int disk_remove(disk *disk, const char *name) {
    if (disk_fault(disk, DISK_DELETE) != DISK_WORKS) return -1;
    entry *entry = disk_entry(disk, name, false);
    if (!entry || !entry->current) return 0;
    if (entry->current != entry->durable && entry->current->opened == 0) {
        inode_free(entry->current);
    }
    entry->current = NULL;
    return 0;
}
