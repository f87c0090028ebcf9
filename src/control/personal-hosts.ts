/**
 * Hosts whose calls carry what names a person or a machine beside the prompts (facts of 2026-11): addresses, account numbers,
 * machine ids, tokens in bodies that no issuer's prefix gives away. More is masked in their bodies than in others'.
 */
const hosts =
  /(?:^|\.)(?:cursor\.sh|cursor\.com|kiro\.dev)$|^(?:q|codewhisperer|oidc)\.[a-z0-9-]+\.amazonaws\.com$|^prod\.[a-z0-9-]+\.auth\.desktop\.kiro\.dev$/i;

export function isPersonalHost(host: string): boolean {
  return hosts.test(host.replace(/:\d+$/, ""));
}
