import { describe, expect, it } from "vitest";
import { launchEnv, launchVariables, reachableHost, runAuthorization, runOf } from "./launch-env.ts";

const target = { certsDir: "/h/certs", host: "127.0.0.1", port: 8317, proxyToken: "t0ken" };

describe("the environment of a launched client", () => {
  it("names the proxy in both cases, with the token", () => {
    const variables = launchEnv(target, {});
    for (const name of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]) {
      expect(variables[name]).toBe("http://switchyard:t0ken@127.0.0.1:8317");
    }
  });

  it("names the run whose calls are to be known apart, where there is one", () => {
    const said = (url: string | undefined): string => {
      const { username, password } = new URL(url ?? "");
      return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    };
    expect(runOf(said(launchEnv({ ...target, run: "r4k2" }, {})["HTTPS_PROXY"]))).toBe("r4k2");
    expect(runOf(said(launchEnv(target, {})["HTTPS_PROXY"]))).toBeUndefined();
    expect(runOf(runAuthorization("r4k2"))).toBe("r4k2");
    expect(runOf(undefined)).toBeUndefined();
    expect(runOf(`Basic ${Buffer.from("other.run:x").toString("base64")}`)).toBeUndefined();
  });

  it("gives variables that add to a store our root, and those that replace one the bundle", () => {
    const variables = launchEnv(target, {});
    expect(variables["NODE_EXTRA_CA_CERTS"]).toBe("/h/certs/extra.pem");
    for (const name of ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CODEX_CA_CERTIFICATE"]) {
      expect(variables[name]).toBe("/h/certs/bundle.pem");
    }
  });

  it("keeps every address the user wanted unproxied, in either spelling", () => {
    const variables = launchEnv(target, { NO_PROXY: "intranet.example, 10.0.0.0/8", no_proxy: ".corp,127.0.0.1" });
    expect(variables["NO_PROXY"]).toBe("intranet.example,10.0.0.0/8,.corp,127.0.0.1,localhost,::1");
    expect(variables["no_proxy"]).toBe(variables["NO_PROXY"]);
  });

  it("never switches certificate checks off", () => {
    expect(Object.keys(launchEnv(target, {})).filter((name) => name.includes("REJECT"))).toEqual([]);
  });

  it("can take back everything it sets", () => {
    expect(Object.keys(launchEnv(target, {})).toSorted()).toEqual([...launchVariables].toSorted());
  });

  it.each([
    ["0.0.0.0", "127.0.0.1"],
    ["::", "127.0.0.1"],
    ["::1", "[::1]"],
    ["127.0.0.1", "127.0.0.1"],
  ])("dials a listener on %s at %s", (host, dialled) => {
    expect(reachableHost(host)).toBe(dialled);
  });
});
