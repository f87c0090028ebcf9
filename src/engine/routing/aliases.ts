/** Short names for targets. An alias may name another alias; going round in a circle is reported, not followed. */
export type AliasResult =
  | { readonly ok: true; readonly target: string; readonly via: readonly string[] }
  | { readonly ok: false; readonly loop: readonly string[] };

/** Follows `text` through the aliases; text that is no alias comes back as it is. */
export function resolveAlias(aliases: Readonly<Record<string, string>>, text: string): AliasResult {
  const via: string[] = [];
  let target = text;
  while (Object.hasOwn(aliases, target)) {
    if (via.includes(target)) return { ok: false, loop: [...via.slice(via.indexOf(target)), target] };
    via.push(target);
    target = aliases[target] ?? target;
  }
  return { ok: true, target, via };
}
