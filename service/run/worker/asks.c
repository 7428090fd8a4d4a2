#include "run/worker/asks.h"

#include "run/worker/sign_in.h"

#include <string.h>

struct Asks {
    const Invocation *invocation;
    Looks *looks;
    void (*work)(void *data);
    void *data;
    GThreadPool *looking;    /* of Task; one at a time */
    GThreadPool *signing_in; /* of Call: they wait for a directory */
};

#define MOST_SIGN_INS 8

typedef struct Ask {
    const char *name;
    const char *first; /* the text that it must have, and the one that it may have */
    const char *second;
    json_t *(*answer)(Asks *asks, const Call *call);
} Ask;

typedef struct Task {
    const Ask *ask; /* NULL: only bring the looks up to date */
    Call *call;
} Task;

/* ---- the table ---- */

static json_t *answer_thing(Asks *asks, const Call *call)
{
    bool is_effective = json_is_true(json_object_get(call_request(call), "effective"));

    return looks_thing(asks->looks, call_text(call, "ask"), call_text(call, "id"), is_effective);
}

static json_t *answer_explain(Asks *asks, const Call *call)
{
    return looks_explain(asks->looks, call_text(call, "account"), call_text(call, "group"));
}

static json_t *answer_people(Asks *asks, const Call *call)
{
    return looks_people(asks->looks, call_text(call, "text"));
}

static json_t *answer_who(Asks *asks, const Call *call)
{
    return looks_who(asks->looks, call_text(call, "user"));
}

static const Ask table[] = {
    {"who", "user", NULL, answer_who},
    {"person", "id", NULL, answer_thing},
    {"account", "id", NULL, answer_thing},
    {"group", "id", NULL, answer_thing},
    {"asset", "id", NULL, answer_thing},
    {"explain", "account", "group", answer_explain},
    {"find-people", "text", NULL, answer_people},
};

/* ---- taking ---- */

static const Ask *find_ask(const char *name)
{
    for (size_t i = 0; name != NULL && i < G_N_ELEMENTS(table); i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

static void look(void *data, void *asks)
{
    Task *task = data;

    if (task->ask == NULL)
        looks_refresh(((Asks *)asks)->looks, NULL);
    else
        call_answer(task->call, task->ask->answer(asks, task->call), 0);
    g_free(task);
}

static void push(Asks *asks, const Ask *ask, Call *call)
{
    Task *task = g_new(Task, 1);

    *task = (Task){ask, call};
    g_thread_pool_push(asks->looking, task, NULL);
}

/* A text that is there and none that this may be is refused: half a question has no answer. */
static bool has_texts(const Ask *ask, const Call *call)
{
    const json_t *second =
        ask->second != NULL ? json_object_get(call_request(call), ask->second) : NULL;

    return call_text(call, ask->first) != NULL &&
           (second == NULL || json_is_null(second) || call_text(call, ask->second) != NULL);
}

static void take_told(Asks *asks, Call *call)
{
    if (g_strcmp0(call_text(call, "tell"), "work") != 0) {
        call_answer(call, call_error("\"tell\" is \"work\", or nothing is told"), 0);
        return;
    }
    asks->work(asks->data);
    call_answer(call, json_pack("{s:b}", "ok", true), 0);
}

static void sign_in(void *call, void *data)
{
    const Asks *asks = data;
    SignIn how = {.settings = asks->invocation->settings, .looks = asks->looks};
    gint64 not_before_us = 0;
    json_t *answer = sign_in_check(&how, call_request(call), &not_before_us);

    call_answer(call, answer, not_before_us);
}

void asks_take(Call *call, void *data)
{
    Asks *asks = data;

    if (json_object_get(call_request(call), "tell") != NULL) {
        take_told(asks, call);
        return;
    }
    if (g_strcmp0(call_text(call, "ask"), "sign-in") == 0) {
        g_thread_pool_push(asks->signing_in, call, NULL);
        return;
    }
    const Ask *ask = find_ask(call_text(call, "ask"));

    if (ask == NULL)
        call_answer(call, call_error("there is no such question; nothing was done"), 0);
    else if (!has_texts(ask, call))
        call_answer(
            call,
            call_error("\"%s\" needs the text \"%s\"; nothing was done", ask->name, ask->first), 0);
    else
        push(asks, ask, call);
}

void asks_refresh(Asks *asks)
{
    push(asks, NULL, NULL);
}

Asks *asks_new(const Invocation *invocation, Looks *looks, void (*work)(void *data), void *data)
{
    Asks *asks = g_new0(Asks, 1);

    asks->invocation = invocation;
    asks->looks = looks;
    asks->work = work;
    asks->data = data;
    asks->looking = g_thread_pool_new(look, asks, 1, FALSE, NULL);
    asks->signing_in = g_thread_pool_new(sign_in, asks, MOST_SIGN_INS, FALSE, NULL);
    return asks;
}

void asks_free(Asks *asks)
{
    if (asks == NULL)
        return;
    g_thread_pool_free(asks->signing_in, FALSE, TRUE);
    g_thread_pool_free(asks->looking, FALSE, TRUE);
    g_free(asks);
}
