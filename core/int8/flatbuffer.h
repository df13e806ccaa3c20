// Reads a flatbuffer that may be hostile: every offset, table and vector is checked against the file's size and for its
// alignment before anything is read there. After a fault each read gives 0 and the fault stays.
#ifndef FL_INT8_FLATBUFFER_H
#define FL_INT8_FLATBUFFER_H
#include "../real.h"
#include "refusal.h"

namespace fl {
namespace int8 {

/** Reading happens once: it need not be fast, and is kept small. */
#define FL_APART static __attribute__((noinline, unused))

typedef uint16_t anywhere16 __attribute__((aligned(1), may_alias));
typedef uint32_t anywhere32 __attribute__((aligned(1), may_alias));
typedef uint64_t anywhere64 __attribute__((aligned(1), may_alias));
typedef float anywhere_float __attribute__((aligned(1), may_alias));

/** Little-endian numbers at any address. */
FL_INLINE uint16_t get16(const uint8_t* p) { return *reinterpret_cast<const anywhere16*>(p); }
FL_INLINE uint32_t get32(const uint8_t* p) { return *reinterpret_cast<const anywhere32*>(p); }
FL_INLINE uint64_t get64(const uint8_t* p) { return *reinterpret_cast<const anywhere64*>(p); }
FL_INLINE float get_float(const uint8_t* p) { return *reinterpret_cast<const anywhere_float*>(p); }

struct Reader {
  const uint8_t* file;
  uint32_t bytes;
  /** 0, or BAD_FILE or UNALIGNED: the first that was found. */
  int fault;
};

/** A table: `at` is its place in the file, 0 for none. */
struct Table {
  uint32_t at, bytes, vtable, vtable_bytes;
};

/** Each field for itself: a list of zeros becomes a call of memset in some compilers. */
FL_INLINE Table no_table() {
  Table t;
  t.at = t.bytes = t.vtable = t.vtable_bytes = 0;
  return t;
}

/** Elements from `at` on. */
struct Vector {
  uint32_t at, count;
};

FL_INLINE bool fails(Reader* r, int why) {
  if (!r->fault) r->fault = why;
  return false;
}

/** Do `length` bytes at `at` lie in the file, on a multiple of `alignment`? */
FL_INLINE bool lies(Reader* r, uint32_t at, uint32_t length, uint32_t alignment) {
  if (r->fault) return false;
  if (at > r->bytes || length > r->bytes - at) return fails(r, BAD_FILE);
  return at % alignment == 0 || fails(r, UNALIGNED);
}

/** The place that the offset at `at` names; 0 after a fault. */
FL_APART uint32_t follow(Reader* r, uint32_t at) {
  if (!lies(r, at, 4, 4)) return 0;
  const uint32_t offset = get32(r->file + at);
  if (offset == 0 || offset > r->bytes - at) return fails(r, BAD_FILE), 0;
  return at + offset;
}

/** The table that the offset at `at` names. */
FL_APART Table table_at(Reader* r, uint32_t at) {
  const Table none = no_table();
  const uint32_t start = follow(r, at);
  if (start == 0 || !lies(r, start, 4, 4)) return none;
  // The distance back to the vtable is signed: in 64 bits neither it nor the difference can wrap.
  const int64_t vtable = (int64_t)start - (int32_t)get32(r->file + start);
  if (vtable < 0 || vtable > r->bytes) return fails(r, BAD_FILE), none;
  Table t = {start, 0, (uint32_t)vtable, 0};
  if (!lies(r, t.vtable, 4, 2)) return none;
  t.vtable_bytes = get16(r->file + t.vtable);
  t.bytes = get16(r->file + t.vtable + 2);
  if (t.vtable_bytes < 4 || t.vtable_bytes % 2 || t.bytes < 4) return fails(r, BAD_FILE), none;
  return lies(r, t.vtable, t.vtable_bytes, 2) && lies(r, t.at, t.bytes, 4) ? t : none;
}

/** The place of a field of `size` bytes; 0 when the table does not have it. */
FL_APART uint32_t field_at(Reader* r, const Table& t, uint32_t field, uint32_t size) {
  const uint32_t slot = 4 + 2 * field;
  if (t.at == 0 || slot + 2 > t.vtable_bytes) return 0;
  const uint32_t offset = get16(r->file + t.vtable + slot);
  if (offset == 0) return 0;
  if (offset < 4 || offset + size > t.bytes) return fails(r, BAD_FILE), 0;
  return lies(r, t.at + offset, size, size < 4 ? size : 4) ? t.at + offset : 0;
}

FL_APART uint32_t byte_field(Reader* r, const Table& t, uint32_t field) {
  const uint32_t at = field_at(r, t, field, 1);
  return at ? r->file[at] : 0;
}

FL_APART int32_t int_field(Reader* r, const Table& t, uint32_t field, int32_t otherwise) {
  const uint32_t at = field_at(r, t, field, 4);
  return at ? (int32_t)get32(r->file + at) : otherwise;
}

static inline float float_field(Reader* r, const Table& t, uint32_t field, float otherwise) {
  const uint32_t at = field_at(r, t, field, 4);
  return at ? get_float(r->file + at) : otherwise;
}

static inline bool has_field(Reader* r, const Table& t, uint32_t field) { return field_at(r, t, field, 1) != 0; }

static inline Table table_field(Reader* r, const Table& t, uint32_t field) {
  const Table none = no_table();
  const uint32_t at = field_at(r, t, field, 4);
  return at ? table_at(r, at) : none;
}

/** The elements of a vector of `size` bytes each; none when the table does not have it. */
FL_APART Vector vector_field(Reader* r, const Table& t, uint32_t field, uint32_t size) {
  const Vector none = {0, 0};
  const uint32_t at = field_at(r, t, field, 4);
  const uint32_t start = at ? follow(r, at) : 0;
  if (start == 0 || !lies(r, start, 4, 4)) return none;
  const Vector v = {start + 4, get32(r->file + start)};
  if (v.count > (r->bytes - v.at) / size) return fails(r, BAD_FILE), none;
  return v;
}

/** Element i of a vector of int32. */
static inline int32_t int_element(Reader* r, const Vector& v, uint32_t i) {
  if (i >= v.count) return fails(r, BAD_FILE), 0;
  return (int32_t)get32(r->file + v.at + 4 * i);
}

/** Element i of a vector of tables. */
FL_APART Table table_element(Reader* r, const Vector& v, uint32_t i) {
  const Table none = no_table();
  if (i >= v.count) return fails(r, BAD_FILE), none;
  return table_at(r, v.at + 4 * i);
}

}  // namespace int8
}  // namespace fl
#endif
