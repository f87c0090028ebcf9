/** Does an authority (`Host`, `:authority`) name this host, whatever port, capitals, brackets or final dot it adds? */
export function namesHost(authority: string, host: string): boolean {
  // Nearly always it is written just so.
  if (authority === host) return true;
  const plain = authority
    .toLowerCase()
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
  return plain === host;
}
