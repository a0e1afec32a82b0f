/* Loaded before a program (LD_PRELOAD), counts its calls of the CUDA runtime
 * and writes them into the file $THEXP_CALLS at the end, one "name count" a
 * line. Needs no CUDA to build:
 *
 *   cc -O2 -shared -fPIC -o count_calls.so count_calls.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
  unsigned x, y, z;
} Size3; /* as CUDA's dim3 */

/* COUNTED(name, (parameters), (arguments)): a function of the runtime that
 * counts, and hands over to the real one. All of them return a status. */
#define COUNTED(name, parameters, arguments)                           \
  static long name##_calls;                                            \
  int name parameters {                                                \
    static int(*real) parameters;                                      \
    __atomic_add_fetch(&name##_calls, 1, __ATOMIC_RELAXED);            \
    if (real == NULL) real = (int(*) parameters)dlsym(RTLD_NEXT, #name); \
    return real == NULL ? 999 : real arguments;                        \
  }

#define LAUNCH (const void *f, Size3 grid, Size3 block, void **args, \
                size_t shared, void *stream)

COUNTED(cudaStreamSynchronize, (void *stream), (stream))
COUNTED(cudaDeviceSynchronize, (void), ())
COUNTED(cudaEventSynchronize, (void *event), (event))
COUNTED(cudaStreamWaitEvent, (void *stream, void *event, unsigned flags),
        (stream, event, flags))
COUNTED(cudaMemcpy, (void *to, const void *from, size_t bytes, int kind),
        (to, from, bytes, kind))
COUNTED(cudaMemcpyAsync,
        (void *to, const void *from, size_t bytes, int kind, void *stream),
        (to, from, bytes, kind, stream))
COUNTED(cudaMalloc, (void **memory, size_t bytes), (memory, bytes))
COUNTED(cudaFree, (void *memory), (memory))
COUNTED(cudaHostAlloc, (void **memory, size_t bytes, unsigned flags),
        (memory, bytes, flags))
COUNTED(cudaHostRegister, (void *memory, size_t bytes, unsigned flags),
        (memory, bytes, flags))
COUNTED(cudaLaunchKernel, LAUNCH, (f, grid, block, args, shared, stream))
COUNTED(__cudaLaunchKernel, LAUNCH, (f, grid, block, args, shared, stream))
COUNTED(cudaLaunchKernelExC, (const void *config, const void *f, void **args),
        (config, f, args))

__attribute__((destructor)) static void write_counts(void) {
  const char *path = getenv("THEXP_CALLS");
  FILE *file = path == NULL ? NULL : fopen(path, "w");
  if (file == NULL) return;
#define WRITE(name) fprintf(file, #name " %ld\n", name##_calls)
  WRITE(cudaStreamSynchronize);
  WRITE(cudaDeviceSynchronize);
  WRITE(cudaEventSynchronize);
  WRITE(cudaStreamWaitEvent);
  WRITE(cudaMemcpy);
  WRITE(cudaMemcpyAsync);
  WRITE(cudaMalloc);
  WRITE(cudaFree);
  WRITE(cudaHostAlloc);
  WRITE(cudaHostRegister);
  WRITE(cudaLaunchKernel);
  WRITE(__cudaLaunchKernel);
  WRITE(cudaLaunchKernelExC);
  fclose(file);
}
