/** A command line for `cmd.exe /d /s /c`: quoted twice, for the C runtime of the program and for cmd itself. */

/** The whole is wrapped in quotes, which `/s` strips. */
export function windowsCommandLine(command: string, args: readonly string[]): string {
  return `"${[command, ...args].map(quoted).join(" ")}"`;
}

/** Everything cmd would act on, quotes included, gets its caret; the C runtime then sees the quotes again. */
const special = /[()\][%!^"`<>&|;, *?]/g;

function quoted(argument: string): string {
  const forRuntime = `"${argument.replace(/(\\*)"/g, String.raw`$1$1\"`).replace(/(\\*)$/, "$1$1")}"`;
  return forRuntime.replace(special, "^$&");
}
