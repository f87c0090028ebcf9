/**
 * The same small client in each language: reads `port name` lines, shakes hands with 127.0.0.1 at that port as a client that
 * trusts one root and asks for that name, and prints `accepted` or why not, a line each. Arguments: root file, list.
 */

export const pythonClient = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
for line in open(sys.argv[2]):
    port, host = line.split()
    try:
        with socket.create_connection(("127.0.0.1", int(port)), timeout=20) as plain:
            with context.wrap_socket(plain, server_hostname=host):
                print("accepted")
    except Exception as error:
        print("refused", repr(error))
`;

export const bunClient = `
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { checkServerIdentity, connect } from "node:tls";
const [rootFile, list] = process.argv.slice(2);
const ca = readFileSync(rootFile, "utf8");
for (const line of readFileSync(list, "utf8").trim().split("\\n")) {
  const [port, asked] = line.split(" ");
  const verdict = await new Promise((resolve) => {
    const socket = connect({
      host: "127.0.0.1", port: Number(port), ca, rejectUnauthorized: true,
      // Its own judgement, except for addresses, which are no server names.
      ...(isIP(asked) === 0
        ? { servername: asked }
        : { checkServerIdentity: (_host, certificate) => checkServerIdentity(asked, certificate) }),
    });
    const end = (text) => { resolve(text); socket.destroy(); };
    socket.once("secureConnect", () => end(socket.authorized ? "accepted" : "refused"));
    socket.once("error", (error) => end("refused " + error.message.split("\\n")[0]));
    socket.once("close", () => end("refused closed"));
  });
  console.log(verdict);
}
process.exit(0);
`;

export const denoClient = `
const [rootFile, list] = Deno.args;
const caCerts = [Deno.readTextFileSync(rootFile)];
for (const line of Deno.readTextFileSync(list).trim().split("\\n")) {
  const [port, asked] = line.split(" ");
  let plain;
  try {
    plain = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    const secure = await Deno.startTls(plain, { hostname: asked, caCerts });
    await secure.handshake();
    console.log("accepted");
    secure.close();
  } catch (error) {
    console.log("refused", String(error).split("\\n")[0]);
  }
}
`;

export const goClient = `
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
)

func main() {
	pem, _ := os.ReadFile(os.Args[1])
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	file, _ := os.Open(os.Args[2])
	for lines := bufio.NewScanner(file); lines.Scan(); {
		parts := strings.SplitN(lines.Text(), " ", 2)
		connection, err := tls.Dial("tcp", "127.0.0.1:"+parts[0], &tls.Config{RootCAs: roots, ServerName: parts[1]})
		if err == nil {
			connection.Close()
			fmt.Println("accepted")
		} else {
			fmt.Println("refused", strings.ReplaceAll(err.Error(), "\\n", " "))
		}
	}
}
`;

export const javaClient = `
import java.io.FileInputStream;
import java.net.Socket;
import java.nio.file.*;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.*;

public class Client {
  public static void main(String[] args) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (FileInputStream in = new FileInputStream(args[0])) {
      store.setCertificateEntry("root", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    for (String line : Files.readAllLines(Path.of(args[1]))) {
      String[] parts = line.split(" ", 2);
      try (Socket plain = new Socket("127.0.0.1", Integer.parseInt(parts[0]));
           SSLSocket secure = (SSLSocket) context.getSocketFactory().createSocket(plain, parts[1], 443, true)) {
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secure.setSSLParameters(parameters);
        secure.startHandshake();
        System.out.println("accepted");
      } catch (Exception error) {
        System.out.println("refused " + String.valueOf(error.getMessage()).split("\\\\R")[0]);
      }
    }
  }
}
`;
