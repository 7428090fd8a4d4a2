#include "ledger/chosen.h"

#include "ledger/exception_json.h"

#define AT_ONCE 50 /* a page of the web; as many as the question has places for */
#define QUESTION                                                                                   \
    "SELECT " EXCEPTION_COLUMNS " FROM " EXCEPTION_TABLES                                          \
    "WHERE e.id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, "  \
    "$18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, "   \
    "$36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50)"

G_STATIC_ASSERT(AT_ONCE <= STORE_VALUES);

typedef struct Choosing {
    Statement *question;
    ChosenRow row;
    void *data;
} Choosing;

static void bind_ids(Statement *question, const int64_t *ids, guint n_ids)
{
    StoreValue values[AT_ONCE];

    for (guint i = 0; i < AT_ONCE; i++)
        values[i] = integer_value(i < n_ids ? ids[i] : 0); /* 0: there is none */
    statement_bind_values(question, values, AT_ONCE);
}

/* The place of an exception among those that were asked for. */
static guint slot_of(const int64_t *ids, guint n_ids, int64_t id)
{
    guint slot = 0;
    while (slot < n_ids && ids[slot] != id)
        slot++;
    return slot;
}

static bool read_some(const Choosing *choosing, const int64_t *ids, guint n_ids, GPtrArray *rows,
                      GError **error)
{
    json_t *found[AT_ONCE] = {NULL};
    StoreStep step = STORE_DONE;
    bool is_fine = true;

    bind_ids(choosing->question, ids, n_ids);
    while (is_fine && (step = statement_step(choosing->question, error)) == STORE_ROW) {
        guint slot = slot_of(ids, n_ids, statement_integer(choosing->question, COLUMN_ID));
        if (slot < n_ids)
            is_fine = choosing->row(choosing->question, choosing->data, &found[slot], error);
    }
    for (guint i = 0; i < n_ids; i++) {
        if (found[i])
            g_ptr_array_add(rows, found[i]);
    }
    return is_fine && step == STORE_DONE;
}

bool chosen_read(Store *store, const int64_t *ids, guint n_ids, ChosenRow row, void *data,
                 GPtrArray *rows, GError **error)
{
    g_autoptr(Statement) question = store_prepare(store, QUESTION, error);
    Choosing choosing = {question, row, data};
    bool is_fine = question != NULL;

    for (guint i = 0; is_fine && i < n_ids; i += AT_ONCE)
        is_fine = read_some(&choosing, ids + i, MIN(AT_ONCE, n_ids - i), rows, error);
    return is_fine;
}
