/** Which hosts this configuration decrypts, as far as the certificate allows. */
import type { Config } from "../../engine/config/schema.ts";
import { defaultHosts } from "../../engine/providers/hosts.ts";
import { createHostPolicy } from "../../intercept/host-policy.ts";

/** A pattern is told by a name that fits it. */
export function watchedHosts(config: Config): readonly string[] {
  const hosts = patterns(config).map((pattern) => pattern.replaceAll("*", "api"));
  return hosts.filter((host) => watches(config, host));
}

export function watches(config: Config, host: string, inScope: (host: string) => boolean = () => true): boolean {
  const policy = createHostPolicy({ intercept: patterns(config), tunnel: config.intercept.tunnel, inScope });
  return policy.decide(host).action === "intercept";
}

function patterns({ intercept }: Config): readonly string[] {
  return intercept.hosts.flatMap((pattern) => (pattern === "default" ? defaultHosts : [pattern]));
}
