#include "model/reviewed.h"

#include <string.h>

static void free_texts(char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        g_free(texts[i]);
}

static void group_clear(gpointer data)
{
    ReviewedGroup *group = data;
    char *const texts[] = {group->source, group->key, group->review};
    free_texts(texts, G_N_ELEMENTS(texts));
}

static void task_clear(gpointer data)
{
    ReviewedTask *task = data;
    char *const texts[] = {task->source,        task->account_key, task->group_source,
                           task->group_key,     task->review,      task->decision,
                           task->decided_by_id, task->decided_by,  task->reason};
    free_texts(texts, G_N_ELEMENTS(texts));
}

static void reviewer_clear(gpointer data)
{
    ReviewedReviewer *one = data;
    char *const texts[] = {one->key,   one->name,        one->review,
                           one->title, one->reviewer_id, one->reviewer};
    free_texts(texts, G_N_ELEMENTS(texts));
}

static void decision_clear(gpointer data)
{
    ReviewedDecision *decision = data;
    char *const texts[] = {decision->review,       decision->title,          decision->reviewer_id,
                           decision->reviewer,     decision->account_source, decision->account_key,
                           decision->account_name, decision->group_source,   decision->group_key,
                           decision->group_name,   decision->decision,       decision->approver};
    free_texts(texts, G_N_ELEMENTS(texts));
    g_strfreev(decision->holders);
}

static GArray *rows_new(size_t size, GDestroyNotify clear)
{
    GArray *rows = g_array_new(FALSE, FALSE, (guint)size);
    g_array_set_clear_func(rows, clear);
    return rows;
}

Reviewed *reviewed_new(void)
{
    Reviewed *reviewed = g_new0(Reviewed, 1);
    reviewed->groups = rows_new(sizeof(ReviewedGroup), group_clear);
    reviewed->tasks = rows_new(sizeof(ReviewedTask), task_clear);
    reviewed->reviewers = rows_new(sizeof(ReviewedReviewer), reviewer_clear);
    reviewed->decisions = rows_new(sizeof(ReviewedDecision), decision_clear);
    return reviewed;
}

void reviewed_free(Reviewed *reviewed)
{
    if (reviewed == NULL)
        return;
    g_array_unref(reviewed->groups);
    g_array_unref(reviewed->tasks);
    g_array_unref(reviewed->reviewers);
    g_array_unref(reviewed->decisions);
    g_free(reviewed);
}

static int compare_groups(const void *a, const void *b)
{
    const ReviewedGroup *one = a, *two = b;
    int order = strcmp(one->source, two->source);
    return order != 0 ? order : strcmp(one->key, two->key);
}

const ReviewedGroup *reviewed_group(const Reviewed *reviewed, const char *source, const char *key)
{
    guint place = 0;
    ReviewedGroup wanted = {.source = (char *)(uintptr_t)source, .key = (char *)(uintptr_t)key};
    bool is_there = g_array_binary_search(reviewed->groups, &wanted, compare_groups, &place);
    return is_there ? &g_array_index(reviewed->groups, ReviewedGroup, place) : NULL;
}
