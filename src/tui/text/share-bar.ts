/** A share as a bar that reads without colour and in ASCII: `####------`. */

/** @param share 0 to 1; what is more than nothing has at least one mark */
export function shareBar(share: number, width: number): string {
  const exact = Math.max(0, Math.min(1, share)) * width;
  const filled = share > 0 ? Math.max(1, Math.round(exact)) : 0;
  return "#".repeat(Math.min(width, filled)) + "-".repeat(Math.max(0, width - filled));
}

export function percent(share: number): string {
  const figure = share * 100;
  return figure > 0 && figure < 1 ? "<1%" : `${Math.round(figure)}%`;
}
