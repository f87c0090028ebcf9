/** Amounts as people read them, the same in the commands and on the screen. */

/** `1234567` → `1,234,567`. */
export function countText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1234567` → `1.2M`, for narrow tables. */
export function shortCount(count: number): string {
  if (count < 10_000) return String(Math.round(count));
  if (count < 999_500) return `${Math.round(count / 1_000)}k`;
  return `${(count / 1_000_000).toFixed(1)}M`;
}

/** US dollars; a fraction of a cent is shown as far as it takes to be one. */
export function dollarText(amount: number): string {
  if (amount === 0) return "$0.00";
  return Math.abs(amount) < 0.01 ? `$${amount.toFixed(4)}` : `$${amount.toFixed(2)}`;
}
