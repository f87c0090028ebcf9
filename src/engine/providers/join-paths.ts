/** Base URLs as people write them, and the paths of calls. */

const version = /^v\d+[a-z0-9]*$/;

/**
 * A base path and a call's path as one. People write the base with the version (`/v1`), without it, deeper
 * (`/openai/v1`, `/api/paas/v4`, `/v1beta/openai`) or as the whole address of the call; all of them mean the same call.
 * `usual` is the version where neither says one; empty for services that have none in their paths.
 */
export function joinPaths(base: string, callPath: string, usual: "v1" | "v1beta" | "" = "v1"): string {
  const question = callPath.indexOf("?");
  const query = question < 0 ? "" : callPath.slice(question);
  const call = segments(question < 0 ? callPath : callPath.slice(0, question));
  const said = version.test(call[0] ?? "");
  const rest = said ? call.slice(1) : call;
  const root = segments(base);
  const isWhole =
    rest.length > 0 && rest.every((segment, index) => root[root.length - rest.length + index] === segment);
  const hasVersion = usual === "" || root.some((segment) => version.test(segment));
  // Chat and Messages are at `v1` wherever they are; Google has several versions, and the call's own is meant.
  const wanted = usual === "v1beta" && said ? (call[0] ?? usual) : usual;
  const middle = isWhole ? [] : hasVersion ? rest : [wanted, ...rest];
  return `/${[...root, ...middle].join("/")}${query}`;
}

function segments(path: string): readonly string[] {
  return path.split("/").filter((segment) => segment !== "");
}
