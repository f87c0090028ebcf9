/**
 * Commands to try the gateway and the rules with, filled in for this core. The client key is never in them: they name a
 * variable, and say how to fill it.
 */
import { type ClientHint, clientHints } from "../../base/client-hints.ts";
import { reachableHost } from "../../base/launch-env.ts";

export interface Recipe {
  readonly title: string;
  readonly command: string;
}

export const keyVariable = "SWITCHYARD_CLIENT_KEY";

/** For a POSIX shell; the status has the key on one line when nobody watches. */
export const keyCommand = `export ${keyVariable}="$(switchyard status --json --secrets | sed -n 's/.*"clientKey":"\\([^"]*\\)".*/\\1/p')"`;

export function recipesFor(gateway: string, client: ClientHint | null): readonly Recipe[] {
  const hints = client === null ? clientHints : [client];
  return [
    { title: "the key, for the others", command: keyCommand },
    ...(client === null ? general(gateway) : []),
    ...distinct(hints.flatMap((hint) => ofClient(gateway, hint))),
  ];
}

export function gatewayUrl(host: string, port: number): string {
  return `http://${reachableHost(host)}:${port}`;
}

function general(gateway: string): readonly Recipe[] {
  const get = (title: string, path: string): Recipe => ({
    title,
    command: `curl -sS ${gateway}${path} -H "authorization: Bearer $${keyVariable}"`,
  });
  return [
    { title: "is it there (needs no key)", command: `curl -sS ${gateway}/healthz` },
    get("what may be asked for", "/v1/models"),
    get("how the providers do", "/v1/metrics/providers"),
  ];
}

function ofClient(gateway: string, { id, title, call, hosts, model, kind }: ClientHint): readonly Recipe[] {
  const [host = ""] = hosts;
  const explain: Recipe = {
    title: `${title}: where its calls go (sends nothing)`,
    command: `switchyard routes explain --client ${id} --host ${host} --model ${model}`,
  };
  const through: Recipe = {
    title: `${title}: through the proxy to its provider, without a login (a 4xx is a good answer)`,
    command: `switchyard run -- curl -sS -o /dev/null -w '%{http_code}\\n' https://${host}/`,
  };
  const ask: readonly Recipe[] =
    call === null
      ? []
      : [
          {
            title: `${title}: a call in its dialect, to the gateway`,
            command: `curl -sS ${gateway}${call.path} -H "${call.keyHeader}$${keyVariable}" -H 'content-type: application/json' -d '${JSON.stringify(call.body)}'`,
          },
        ];
  return kind === "library" ? [explain, ...ask] : [explain, through, ...ask];
}

/** Several clients share a dialect: the same command stands once. */
function distinct(recipes: readonly Recipe[]): readonly Recipe[] {
  return [...new Map(recipes.toReversed().map((recipe) => [recipe.command, recipe])).values()].toReversed();
}
