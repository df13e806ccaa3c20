// Takes the power away at every instant of keeping a block (firmware/shared/two_banks.h): what is there afterwards must be
// the block before or the new one, whole. Runs on the emulated processor; ends with 0, or with a sentence and 1.
#include "../../firmware/qemu/semihosting.h"
#include "../../firmware/shared/two_banks.h"

using namespace fl;

enum : uint32_t { BANK = 512, MOST = BANK - KEPT_HEADER };

static uint8_t bank[2][BANK];
/** Writes that still happen before the power goes. */
static uint32_t power;

// Pages of 128 bytes go one after the other, words of 4 likewise; the word at which the power goes is half written.
static bool erase(void*, int b) {
  for (uint32_t page = 0; page < BANK; page += 128) {
    if (power == 0) return false;
    power--;
    for (uint32_t i = 0; i < (power == 0 ? 64 : 128); i++) bank[b][page + i] = 0xff;
  }
  return true;
}
static bool program(void*, int b, uint32_t offset, const uint8_t* bytes, uint32_t n) {
  for (uint32_t i = 0; i < n; i += 4) {
    if (power == 0) return false;
    power--;
    for (uint32_t k = 0; k < (power == 0 ? 2 : 4); k++) bank[b][offset + i + k] &= bytes[i + k];
  }
  return true;
}
static const Flash flash = {0, {bank[0], bank[1]}, BANK, 4, erase, program};

static void fill(uint8_t* block, uint32_t n, uint32_t seed) {
  for (uint32_t i = 0; i < n; i++) block[i] = (uint8_t)(seed = seed * 1664525u + 1013904223u, seed >> 24);
}

static bool holds(const uint8_t* block, uint32_t n) {
  static uint8_t found[BANK];
  if (kept(flash, found, BANK) != n) return false;
  for (uint32_t i = 0; i < n; i++) {
    if (found[i] != block[i]) return false;
  }
  return true;
}

static void check(bool good, const char* what) {
  if (good) return;
  qemu::semihosting_write(what);
  qemu::semihosting_exit(1);
}

static const uint32_t ENOUGH = 1u << 20;

extern "C" void run() {
  static uint8_t before[BANK], after[BANK];
  uint32_t old_kept = 0, new_kept = 0;
  for (uint32_t round = 0; round < 12; round++) {
    const uint32_t before_bytes = 1 + round * 37 % MOST, after_bytes = 1 + round * 101 % MOST;
    fill(before, before_bytes, 0x10000000 * round);
    fill(after, after_bytes, 0x9e3779b9 * (round + 1));
    for (uint32_t cut = 0;; cut++) {
      // As it was found: whatever the round before left, then a block that is whole.
      power = ENOUGH;
      check(keep(flash, before, before_bytes), "A block was not kept.\n");
      check(holds(before, before_bytes), "A block that was kept is not there.\n");
      power = cut;
      const bool said = keep(flash, after, after_bytes);
      const bool old_there = holds(before, before_bytes), new_there = holds(after, after_bytes);
      check(old_there != new_there, "After the power went there is neither the old block nor the new one.\n");
      check(!said || new_there, "It was said to be kept, and is not there.\n");
      if (new_there) new_kept++;
      else old_kept++;
      if (said) break;
    }
  }
  check(old_kept > 500 && new_kept >= 12, "The power went too seldom.\n");
  power = ENOUGH;
  check(!keep(flash, before, MOST + 1), "A block that is too long was taken.\n");
  check(keep(flash, 0, 0) && kept(flash, before, BANK) == 0, "What was to be forgotten is there.\n");
  qemu::semihosting_exit(0);
}
