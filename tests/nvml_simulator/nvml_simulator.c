/* A simulated libnvidia-ml.so.1: exact energy of a known power curve, sensors by class, and faults to order.

   Loaded by the real nvidia-ml-py through LD_LIBRARY_PATH. Everything is configured by the text file that
   NVML_SIMULATOR names; it is read again when it changes, so a test can take a GPU away while a run goes on.

   Lines (times in seconds after t0, which is CLOCK_BOOTTIME; simulated_nvml.py writes them):
     t0 SECONDS
     gpu INDEX key=value ...          (see struct gpu)
     mig GPU UUID SLICES MEMORY_MB
     process GPU PID UTIL_PERCENT     (PID 0: the process that loaded this library's parent)
     fault FUNCTION GPU|-1 ERROR HANG_S FROM_S TO_S                                                       */
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_GPUS 16
#define MAX_KNOWN 64
#define MAX_FAULTS 64
#define MAX_PROCESSES 256
#define MAX_MIGS 64
#define NVML_SUCCESS 0
#define NVML_ERROR_INVALID_ARGUMENT 2
#define NVML_ERROR_NOT_SUPPORTED 3
#define NVML_ERROR_NOT_FOUND 6
#define NVML_ERROR_INSUFFICIENT_SIZE 7

struct sensor { double update_s, window_s; };      /* update_s < 0: not supported; window_s 0: instantaneous */
struct gpu {
    char uuid[96], name[96];
    int arch, counter, mig;
    double high_w, low_w, period_s, duty, phase_s; /* period 0: constant high_w */
    double tick_s, tick_offset_s, reset_s, stall_from_s, stall_to_s, scale, limit_w;
    struct sensor usage, average, instant;
    unsigned bus;
};
struct fault { char function[64]; int gpu, error; double hang_s, from_s, to_s; };
struct process { int gpu, pid; unsigned util; };
struct mig { int gpu; char uuid[96]; unsigned slices, memory_mb; };

static struct {
    double t0;
    int n_gpus, n_faults, n_processes, n_migs;
    struct gpu gpus[MAX_GPUS];
    struct fault faults[MAX_FAULTS];
    struct process processes[MAX_PROCESSES];
    struct mig migs[MAX_MIGS];
} config;
static struct timespec config_mtime;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return t.tv_sec + t.tv_nsec * 1e-9 - config.t0;
}

static void set_sensor(struct sensor *s, const char *value) { sscanf(value, "%lf,%lf", &s->update_s, &s->window_s); }

static void set_gpu(struct gpu *g, const char *key, const char *value) {
#define TEXT(name) if (!strcmp(key, #name)) snprintf(g->name, sizeof g->name, "%s", value)
#define INTEGER(name) if (!strcmp(key, #name)) g->name = atoi(value)
#define REAL(name) if (!strcmp(key, #name)) g->name = atof(value)
#define SENSOR(name) if (!strcmp(key, #name)) set_sensor(&g->name, value)
    TEXT(uuid); TEXT(name); INTEGER(arch); INTEGER(counter); INTEGER(mig); INTEGER(bus);
    REAL(high_w); REAL(low_w); REAL(period_s); REAL(duty); REAL(phase_s); REAL(tick_s); REAL(tick_offset_s);
    REAL(reset_s); REAL(stall_from_s); REAL(stall_to_s); REAL(scale); REAL(limit_w);
    SENSOR(usage); SENSOR(average); SENSOR(instant);
    for (char *c = g->name; *c; c++) if (*c == '_') *c = ' ';
}

static void read_line(char *line) {
    int i, pid, error; unsigned util, memory_mb; double a, b, c; char text[96];
    if (sscanf(line, "t0 %lf", &a) == 1) config.t0 = a;
    else if (sscanf(line, "mig %d %95s %u %u", &i, text, &util, &memory_mb) == 4 && config.n_migs < MAX_MIGS) {
        struct mig *m = &config.migs[config.n_migs++];
        m->gpu = i; m->slices = util; m->memory_mb = memory_mb;
        strcpy(m->uuid, text);
    } else if (sscanf(line, "process %d %d %u", &i, &pid, &util) == 3 && config.n_processes < MAX_PROCESSES) {
        config.processes[config.n_processes++] = (struct process){i, pid ? pid : (int)getppid(), util};
    } else if (sscanf(line, "fault %63s %d %d %lf %lf %lf", text, &i, &error, &a, &b, &c) == 6 && config.n_faults < MAX_FAULTS) {
        struct fault *f = &config.faults[config.n_faults++];
        strncpy(f->function, text, sizeof f->function - 1);
        f->gpu = i; f->error = error; f->hang_s = a; f->from_s = b; f->to_s = c;
    } else if (sscanf(line, "gpu %d", &i) == 1 && i >= 0 && i < MAX_GPUS) {
        struct gpu *g = &config.gpus[i];
        if (i >= config.n_gpus) config.n_gpus = i + 1;
        char *rest = NULL;
        strtok_r(line, " \n", &rest); strtok_r(NULL, " \n", &rest);
        for (char *pair; (pair = strtok_r(NULL, " \n", &rest));) {
            char *equals = strchr(pair, '=');
            if (equals) { *equals = 0; set_gpu(g, pair, equals + 1); }
        }
    }
}

static void load_config(void) {
    const char *path = getenv("NVML_SIMULATOR");
    struct stat status;
    if (!path || stat(path, &status)) return;
    if (status.st_mtim.tv_sec == config_mtime.tv_sec && status.st_mtim.tv_nsec == config_mtime.tv_nsec) return;
    FILE *file = fopen(path, "r");
    if (!file) return;
    config_mtime = status.st_mtim;
    memset(&config, 0, sizeof config);
    char line[2048];
    while (fgets(line, sizeof line, file)) read_line(line);
    fclose(file);
}

/* The error that this call is to return (0: none), after hanging where that is ordered. */
static int enter(const char *function, int gpu) {
    double hang = 0; int error = 0;
    pthread_mutex_lock(&lock);
    load_config();
    double t = now_s();
    for (int i = 0; i < config.n_faults; i++) {
        struct fault *f = &config.faults[i];
        if ((strcmp(f->function, function) && strcmp(f->function, "*")) || (f->gpu >= 0 && f->gpu != gpu)) continue;
        if (t < f->from_s || t >= f->to_s) continue;
        hang = f->hang_s; error = f->error;
        break;
    }
    pthread_mutex_unlock(&lock);
    if (hang > 0) usleep((useconds_t)(hang * 1e6));
    return error;
}

static double power(const struct gpu *g, double t) {
    if (g->period_s <= 0) return g->high_w;
    double u = (t + g->phase_s) / g->period_s;
    return u - floor(u) < g->duty ? g->high_w : g->low_w;
}

static double energy_from_zero(const struct gpu *g, double t) {
    if (g->period_s <= 0) return g->high_w * t;
    double u = (t + g->phase_s) / g->period_s, whole = floor(u), part = (u - whole) * g->period_s, on = g->duty * g->period_s;
    double cycle = g->high_w * on + g->low_w * (g->period_s - on);
    return whole * cycle + g->high_w * fmin(part, on) + g->low_w * fmax(0, part - on);
}

static double sensed(const struct gpu *g, const struct sensor *s, double t) {
    if (s->update_s > 0) t = floor(t / s->update_s) * s->update_s;
    if (s->window_s <= 0) return power(g, t);
    return (energy_from_zero(g, t) - energy_from_zero(g, t - s->window_s)) / s->window_s;
}

static unsigned long long counter_mj(const struct gpu *g, double t) {
    if (t >= g->stall_from_s && t < g->stall_to_s) t = g->stall_from_s;
    double tick = floor((t - g->tick_offset_s) / g->tick_s) * g->tick_s + g->tick_offset_s;
    double origin = tick >= g->reset_s && g->reset_s > 0 ? g->reset_s : -1000.0;
    return (unsigned long long)((energy_from_zero(g, tick) - energy_from_zero(g, origin)) * 1000.0 * g->scale);
}

/* Handles: 1 + the place in `known` for GPUs, which keep theirs while others come and go; 1000 + index for MIG devices. */
typedef void *device;
static char known[MAX_KNOWN][96];
static device handle_of(const char *uuid) {
    pthread_mutex_lock(&lock);
    intptr_t i = 0;
    while (i < MAX_KNOWN - 1 && known[i][0] && strcmp(known[i], uuid)) i++;
    snprintf(known[i], sizeof known[i], "%s", uuid);
    pthread_mutex_unlock(&lock);
    return (device)(i + 1);
}
static int index_of(device d) {
    intptr_t i = (intptr_t)d;
    if (i >= 1000 && i - 1000 < config.n_migs) return config.migs[i - 1000].gpu;
    if (i < 1 || i > MAX_KNOWN) return -1;
    for (int g = 0; g < config.n_gpus; g++) if (!strcmp(known[i - 1], config.gpus[g].uuid)) return g;
    return -1;
}
#define ENTER(d) int i = index_of(d); int error = enter(__func__, i); if (error) return error; \
                 if ((i = index_of(d)) < 0) return NVML_ERROR_INVALID_ARGUMENT; struct gpu *g = &config.gpus[i]; (void)g
#define ENTER_ALL() int error = enter(__func__, -1); if (error) return error

int nvmlInitWithFlags(unsigned flags) { (void)flags; ENTER_ALL(); return 0; }
int nvmlInit_v2(void) { ENTER_ALL(); return 0; }
int nvmlShutdown(void) { ENTER_ALL(); return 0; }
const char *nvmlErrorString(int code) { static char text[32]; snprintf(text, sizeof text, "simulated error %d", code); return text; }
int nvmlSystemGetDriverVersion(char *text, unsigned n) { ENTER_ALL(); snprintf(text, n, "570.00.00"); return 0; }
int nvmlSystemGetNVMLVersion(char *text, unsigned n) { ENTER_ALL(); snprintf(text, n, "12.570.00"); return 0; }
int nvmlDeviceGetCount_v2(unsigned *n) { ENTER_ALL(); *n = config.n_gpus; return 0; }
int nvmlDeviceGetCount(unsigned *n) { return nvmlDeviceGetCount_v2(n); }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, device *d) {
    int error = enter(__func__, (int)index);
    if (error) return error;
    if ((int)index >= config.n_gpus) return NVML_ERROR_INVALID_ARGUMENT;
    *d = handle_of(config.gpus[index].uuid);
    return 0;
}
int nvmlDeviceGetHandleByIndex(unsigned index, device *d) { return nvmlDeviceGetHandleByIndex_v2(index, d); }
int nvmlDeviceGetHandleByUUID(const char *uuid, device *d) {
    ENTER_ALL();
    for (int i = 0; i < config.n_gpus; i++) if (!strcmp(uuid, config.gpus[i].uuid)) { *d = handle_of(uuid); return 0; }
    for (int i = 0; i < config.n_migs; i++) if (!strcmp(uuid, config.migs[i].uuid)) { *d = (device)(intptr_t)(1000 + i); return 0; }
    return NVML_ERROR_NOT_FOUND;
}
int nvmlDeviceGetUUID(device d, char *text, unsigned n) {
    ENTER(d);
    intptr_t handle = (intptr_t)d;
    snprintf(text, n, "%s", handle >= 1000 ? config.migs[handle - 1000].uuid : g->uuid);
    return 0;
}
int nvmlDeviceGetName(device d, char *text, unsigned n) { ENTER(d); snprintf(text, n, "%s", g->name); return 0; }
int nvmlDeviceGetIndex(device d, unsigned *n) { ENTER(d); *n = i; return 0; }
int nvmlDeviceGetArchitecture(device d, unsigned *n) { ENTER(d); *n = g->arch; return 0; }
int nvmlDeviceGetMinorNumber(device d, unsigned *n) { ENTER(d); *n = i; return 0; }
int nvmlDeviceGetPowerManagementLimit(device d, unsigned *mw) { ENTER(d); *mw = (unsigned)(g->limit_w * 1000); return 0; }
int nvmlDeviceGetEnforcedPowerLimit(device d, unsigned *mw) { ENTER(d); *mw = (unsigned)(g->limit_w * 1000); return 0; }
int nvmlDeviceGetMigMode(device d, unsigned *now, unsigned *next) {
    ENTER(d);
    if (g->arch < 7) return NVML_ERROR_NOT_SUPPORTED;
    *now = *next = g->mig;
    return 0;
}
int nvmlDeviceGetMaxMigDeviceCount(device d, unsigned *n) { ENTER(d); *n = g->mig ? 7 : 0; return 0; }
int nvmlDeviceGetMigDeviceHandleByIndex(device d, unsigned index, device *out) {
    ENTER(d);
    for (int m = 0; m < config.n_migs; m++)
        if (config.migs[m].gpu == i && index-- == 0) { *out = (device)(intptr_t)(1000 + m); return 0; }
    return NVML_ERROR_NOT_FOUND;
}
int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(device d, device *out) { ENTER(d); *out = handle_of(g->uuid); return 0; }
struct attributes { unsigned multiprocessors, copy, decoder, encoder, jpeg, ofa, instance_slices, compute_slices; unsigned long memory_mb; };
int nvmlDeviceGetAttributes_v2(device d, struct attributes *out) {
    ENTER(d);
    if ((intptr_t)d < 1000) return NVML_ERROR_NOT_SUPPORTED;
    struct mig *m = &config.migs[(intptr_t)d - 1000];
    *out = (struct attributes){14 * m->slices, 1, 0, 0, 0, 0, m->slices, m->slices, m->memory_mb};
    return 0;
}
int nvmlDeviceIsMigDeviceHandle(device d, unsigned *is) { ENTER(d); *is = (intptr_t)d >= 1000; return 0; }
int nvmlDeviceGetPciInfo_v3(device d, void *info) {
    struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char text[32]; } *pci = info;
    ENTER(d);
    pci->domain = 0; pci->bus = g->bus ? g->bus : (unsigned)i + 1; pci->device = 0;
    snprintf(pci->text, sizeof pci->text, "00000000:%02X:00.0", pci->bus);
    return 0;
}
int nvmlDeviceGetTotalEnergyConsumption(device d, unsigned long long *mj) {
    ENTER(d);
    if (!g->counter) return NVML_ERROR_NOT_SUPPORTED;
    *mj = counter_mj(g, now_s());
    return 0;
}
int nvmlDeviceGetPowerUsage(device d, unsigned *mw) {
    ENTER(d);
    if (g->usage.update_s < 0) return NVML_ERROR_NOT_SUPPORTED;
    *mw = (unsigned)lrint(1000 * sensed(g, &g->usage, now_s()));
    return 0;
}
struct field { unsigned id, scope; long long timestamp, latency_us; int type, error; union { double d; unsigned u; unsigned long long ull; } value; };
int nvmlDeviceGetFieldValues(device d, int n, struct field *values) {
    ENTER(d);
    for (int k = 0; k < n; k++) {
        struct sensor *s = values[k].id == 185 ? &g->average : values[k].id == 186 ? &g->instant : NULL;
        values[k].error = !s || s->update_s < 0 || values[k].scope > 1 ? NVML_ERROR_NOT_SUPPORTED : 0;
        if (values[k].error) continue;
        values[k].type = 1;
        values[k].value.ull = 0;
        values[k].value.u = (unsigned)lrint(1000 * sensed(g, s, now_s()));
    }
    return 0;
}
/* What other meters ask for and ours does not. */
int nvmlDeviceGetMemoryInfo(device d, unsigned long *total_free_used) {
    ENTER(d);
    total_free_used[0] = 80UL << 30; total_free_used[1] = 79UL << 30; total_free_used[2] = 1UL << 30;
    return 0;
}
int nvmlDeviceGetUtilizationRates(device d, unsigned *gpu_memory) { ENTER(d); gpu_memory[0] = 50; gpu_memory[1] = 1; return 0; }
int nvmlDeviceGetTemperature(device d, int sensor, unsigned *celsius) { ENTER(d); (void)sensor; *celsius = 50; return 0; }
int nvmlDeviceGetComputeMode(device d, int *mode) { ENTER(d); *mode = 0; return 0; }
int nvmlDeviceGetPowerManagementLimitConstraints(device d, unsigned *low, unsigned *high) {
    ENTER(d);
    *low = 100000; *high = (unsigned)(g->limit_w * 1000);
    return 0;
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(device d, unsigned *n, void *infos) { ENTER(d); (void)infos; *n = 0; return 0; }
struct process_info { unsigned pid; unsigned long long used; unsigned gi, ci; };
int nvmlDeviceGetComputeRunningProcesses_v3(device d, unsigned *n, struct process_info *infos) {
    ENTER(d);
    unsigned room = *n, found = 0;
    for (int p = 0; p < config.n_processes; p++) {
        if (config.processes[p].gpu != i) continue;
        if (infos && found < room) infos[found] = (struct process_info){config.processes[p].pid, 1 << 30, ~0u, ~0u};
        found++;
    }
    *n = found;
    return found > room || (found && !infos) ? NVML_ERROR_INSUFFICIENT_SIZE : 0;
}
struct util { unsigned pid; unsigned long long timestamp; unsigned sm, memory, encoder, decoder; };
int nvmlDeviceGetProcessUtilization(device d, struct util *samples, unsigned *n, unsigned long long since) {
    (void)since;
    ENTER(d);
    unsigned room = *n, found = 0;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    for (int p = 0; p < config.n_processes; p++) {
        if (config.processes[p].gpu != i) continue;
        if (samples && found < room)
            samples[found] = (struct util){config.processes[p].pid, t.tv_sec * 1000000ULL + t.tv_nsec / 1000, config.processes[p].util, 0, 0, 0};
        found++;
    }
    *n = found;
    if (!found) return NVML_ERROR_NOT_FOUND;
    return found > room || !samples ? NVML_ERROR_INSUFFICIENT_SIZE : 0;
}
