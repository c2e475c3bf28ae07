/* memories.c -- counting rows and slots; gathering those that leave, and leaving what stays. */
#include "variants/attention/memories.h"

#include <string.h>

#include "variants/attention/segments.h"

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

size_t memory_most(const struct memory_sizes *z)
{
    return z->memory + z->rate - 1;
}

static struct carried carried_in(const struct pass *p, carry c, size_t e)
{
    return c.number ? pass_carried(p, c, e) : (struct carried){0};
}

size_t memory_left(const struct memory_sizes *z, size_t rows)
{
    return rows > z->memory ? (rows - z->memory) / z->rate * z->rate : 0;
}

struct window window_of(struct pass *p, const struct memories *c, struct memory_sizes size, bool after_last)
{
    arena *m = p->tape->memory;
    struct window w = {.size = size};
    const struct pack *pack = p->pack, *segment = w.segment = segments_of(p, size.segment, &w.example);
    size_t *own = ARENA_ZEROS(m, size_t, pack->n);
    w.gone = ARENA_ARRAY(m, size_t, segment->n), w.goes = ARENA_ARRAY(m, size_t, segment->n);
    w.made = ARENA_ZEROS(m, size_t, pack->n);
    w.had = ARENA_ZEROS(m, size_t, pack->n), w.slot = ARENA_ZEROS(m, size_t, pack->n + 1);
    for (size_t s = 0; s < segment->n; s++) {
        const size_t e = w.example[s], begin = pack->offset[e];
        const size_t memory = smaller(carried_in(p, c->memory, e).rows, memory_most(&size));
        w.gone[s] = memory_left(&size, memory + segment->offset[s] - begin);
        w.goes[s] = memory_left(&size, memory + segment->offset[s + 1] - begin);
        own[e] = segment->offset[s] - begin; /* in the end: rows before the last segment */
        if (size.compressed) w.made[e] = after_last ? w.goes[s] : w.gone[s];
        if (w.made[e] > memory + own[e]) own[e] = w.made[e] - memory;
    }
    for (size_t e = 0; e < pack->n; e++) {
        w.had[e] = smaller(carried_in(p, c->compressed, e).rows, size.compressed);
        w.slot[e + 1] = w.slot[e] + w.had[e] + w.made[e] / size.rate;
    }
    w.past = past_of(p, c->memory, memory_most(&size), own);
    return w;
}

struct range range_new(struct pass *p, const struct window *w)
{
    arena *m = p->tape->memory;
    const size_t n = w->segment->n;
    return (struct range){ARENA_ARRAY(m, size_t, n), ARENA_ARRAY(m, size_t, n), ARENA_ARRAY(m, ptrdiff_t, n)};
}

struct range memory_range(struct pass *p, const struct window *w)
{
    struct range r = range_new(p, w);
    for (size_t s = 0; s < w->segment->n; s++) {
        const size_t e = w->example[s];
        const size_t rows = w->past.carried[e] + w->segment->offset[s] - p->pack->offset[e];
        r.from[s] = w->past.offset[e] + w->gone[s];
        r.to[s] = w->past.offset[e] + rows;
        r.first[s] = w->segment->first[s] - (ptrdiff_t)(rows - w->gone[s]);
    }
    return r;
}

struct range compressed_range(struct pass *p, const struct window *w, const struct range *memory)
{
    struct range r = range_new(p, w);
    for (size_t s = 0; s < w->segment->n; s++) {
        const size_t e = w->example[s], slots = w->had[e] + w->gone[s] / w->size.rate, n = smaller(slots, w->size.compressed);
        r.to[s] = w->slot[e] + slots;
        r.from[s] = r.to[s] - n;
        r.first[s] = memory->first[s] - (ptrdiff_t)n;
    }
    return r;
}

struct update update_of(struct pass *p, const struct window *w)
{
    arena *m = p->tape->memory;
    const size_t C = p->input->cols;
    struct update u = {.offset = ARENA_ZEROS(m, size_t, p->pack->n + 1), .run = ARENA_ZEROS(m, size_t, w->segment->n + 1)};
    for (size_t e = 0; e < p->pack->n; e++) u.offset[e + 1] = u.offset[e] + w->made[e];
    const size_t rows = u.offset[p->pack->n];
    if (rows == 0) return u;
    for (size_t s = 0; s < w->segment->n; s++) {
        const size_t e = w->example[s];
        u.run[++u.n_runs] = u.offset[e] + smaller(w->goes[s], w->made[e]);
    }
    u.old = tape_leaf(p->tape, rows, C, ARENA_ARRAY(m, real, rows * C), NULL);
    if (w->past.visible) u.valid = ARENA_ARRAY(m, unsigned char, rows);
    for (size_t e = 0; e < p->pack->n; e++) {
        memcpy(u.old->val + u.offset[e] * C, w->past.x->val + w->past.offset[e] * C, w->made[e] * C * sizeof(real));
        if (u.valid) memcpy(u.valid + u.offset[e], w->past.visible + w->past.offset[e], w->made[e]);
    }
    if (!u.valid) return u;
    u.visible = ARENA_ZEROS(m, unsigned char, rows / w->size.rate);
    for (size_t i = 0; i < rows; i++) {
        u.visible[i / w->size.rate] |= u.valid[i];
        if (!u.valid[i]) memset(u.old->val + i * C, 0, C * sizeof(real));
    }
    return u;
}

struct compressed compressed_of(struct pass *p, const struct memories *c, const struct window *w, const struct update *u)
{
    arena *m = p->tape->memory;
    const size_t C = p->input->cols, n = w->slot[p->pack->n], rate = w->size.rate;
    struct compressed r = {0};
    if (n == 0) return r;
    r.x = tape_leaf(p->tape, n, C, ARENA_ARRAY(m, real, n * C), NULL);
    if (w->past.visible) r.visible = ARENA_ARRAY(m, unsigned char, n);
    for (size_t e = 0; e < p->pack->n; e++) {
        const struct carried in = carried_in(p, c->compressed, e);
        const size_t first = w->slot[e] + w->had[e], made = w->slot[e + 1] - first, from = u->offset[e] / rate;
        if (w->had[e]) memcpy(r.x->val + w->slot[e] * C, in.value + (in.rows - w->had[e]) * C, w->had[e] * C * sizeof(real));
        if (made) memcpy(r.x->val + first * C, u->new->val + from * C, made * C * sizeof(real));
        if (!r.visible) continue;
        memset(r.visible + w->slot[e], 1, w->had[e]);
        memcpy(r.visible + first, u->visible + from, made);
    }
    return r;
}

real queries_since(const struct pass *p, const struct window *w, const struct usage *u, size_t s, size_t i)
{
    const size_t e = w->example[s], carried = w->past.carried[e], rows = w->segment->offset[s + 1] - p->pack->offset[e];
    if (i < carried) return u->before[w->past.offset[e] + i] + (real)rows;
    const size_t inserted = ((i - carried) / w->size.segment + 1) * w->size.segment;
    return rows > inserted ? (real)(rows - inserted) : 0;
}

/* Row i of the history of example e. */
static const real *history_row(const struct pass *p, const struct memories *c, const struct window *w, size_t e, size_t i)
{
    const struct carried in = carried_in(p, c->memory, e);
    const size_t C = p->input->cols, n = w->past.carried[e];
    return i < n ? in.value + (in.rows - n + i) * C : p->input->val + (p->pack->offset[e] + i - n) * C;
}

static bool history_visible(const struct pass *p, const struct window *w, size_t e, size_t i)
{
    return i < w->past.carried[e] || !p->pack->valid || p->pack->valid[p->pack->offset[e] + i - w->past.carried[e]];
}

/* `last`: the example's last segment. */
static void leave_memory(struct pass *p, const struct memories *c, const struct window *w, const struct usage *usage, size_t last)
{
    const size_t C = p->input->cols, e = w->example[last], from = w->goes[last];
    const size_t to = w->past.carried[e] + p->pack->offset[e + 1] - p->pack->offset[e];
    size_t rows = 0;
    for (size_t i = from; i < to; i++) rows += history_visible(p, w, e, i);
    real *memory = pass_carry_out(p, c->memory, e, rows);
    real *used = c->usage.number ? pass_carry_out(p, c->usage, e, rows) : NULL;
    for (size_t i = from; i < to; i++) {
        if (!history_visible(p, w, e, i)) continue;
        if (memory) memcpy(memory, history_row(p, c, w, e, i), C * sizeof(real)), memory += C;
        if (!used) continue;
        const bool seen = i < w->past.offset[e + 1] - w->past.offset[e];
        used[0] = seen ? usage->received[w->past.offset[e] + i] : 0;
        used[1] = queries_since(p, w, usage, last, i);
        used += 2;
    }
}

static void leave_slots(struct pass *p, const struct memories *c, const struct window *w, const struct compressed *slots, size_t e)
{
    const size_t C = p->input->cols;
    size_t from = w->slot[e + 1], rows = 0;
    while (from > w->slot[e] && rows < w->size.compressed) {
        from--;
        rows += !slots->visible || slots->visible[from];
    }
    real *to = pass_carry_out(p, c->compressed, e, rows);
    for (size_t i = from; to && i < w->slot[e + 1]; i++) {
        if (slots->visible && !slots->visible[i]) continue;
        memcpy(to, slots->x->val + i * C, C * sizeof(real));
        to += C;
    }
}

void memories_leave(struct pass *p, const struct memories *c, const struct window *w, const struct compressed *slots,
                    const struct usage *usage)
{
    for (size_t s = 0; s < w->segment->n; s++) {
        if (s + 1 < w->segment->n && w->example[s + 1] == w->example[s]) continue;
        leave_memory(p, c, w, usage, s);
        if (c->compressed.number) leave_slots(p, c, w, slots, w->example[s]);
    }
}
