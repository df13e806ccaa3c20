import assert from 'node:assert/strict';

export function near(actual: number, expected: number, relative = 1e-6, absolute = 0): void {
  const error = Math.abs(actual - expected);
  assert.ok(error <= relative * Math.abs(expected) + absolute, `${actual} is not ${expected} to ${relative}`);
}
