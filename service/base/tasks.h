/* tasks.h: pieces of work that do not know each other, side by side.
 *
 * For a few pieces of some milliseconds each; what they write must be their own. The order of their
 * results is the caller's business: nothing may depend on which piece ends first. */
#pragma once

#include <stddef.h>

typedef struct Task {
    void (*run)(void *data);
    void *data;
} Task;

/* Runs each task once, on as many threads as there are processors (this one included), and returns
 * when all have ended. Tasks begin in the order of the array, so long ones go first. Where no
 * thread is to be had they run one after the other. */
void tasks_run(const Task *tasks, size_t n);

/* The same work for the rows 0 .. n - 1, in pieces of neighbours. */
typedef void (*TaskRange)(void *data, size_t begin, size_t end);
void tasks_run_ranges(TaskRange run, void *data, size_t n);
