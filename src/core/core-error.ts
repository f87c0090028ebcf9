/** Why a core cannot start, with the exit code scripts see and what to do about it. */

export const exitCodes = { failure: 1, config: 2, portInUse: 4, trust: 5 } as const;

export class CoreError extends Error {
  readonly exitCode: number;
  readonly why: string | undefined;
  /** A command to type, or what to change. */
  readonly fix: string | undefined;

  constructor(exitCode: number, message: string, details: { readonly why?: string; readonly fix?: string } = {}) {
    super(message);
    this.name = "CoreError";
    this.exitCode = exitCode;
    this.why = details.why;
    this.fix = details.fix;
  }
}

export function listenFailure(error: unknown, where: { readonly host: string; readonly port: number }): CoreError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const place = `${where.host}:${where.port}`;
  if (code === "EADDRINUSE") {
    return new CoreError(exitCodes.portInUse, `${place} is already in use`, {
      why: "another program listens there",
      fix: "switchyard start --port 0   (any free port), or set listen.port in the configuration",
    });
  }
  const why = error instanceof Error ? error.message : String(error);
  if (code === "EACCES" || code === "EADDRNOTAVAIL") {
    return new CoreError(exitCodes.portInUse, `${place} cannot be listened on`, {
      why,
      fix: "switchyard start --port 0",
    });
  }
  return new CoreError(exitCodes.failure, `the proxy could not be opened on ${place}`, { why });
}
