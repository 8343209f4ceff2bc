/**
 * What a hostile process does at an agent's socket. Reaches a node on Node.js's standard input, so it is one script of
 * CommonJS without an import of ours.
 *
 *     node - PATH say LINE            says a line and prints what comes back
 *     node - PATH storm LINE COUNT    says a line in so many connections at once, and prints how many were answered
 *     node - PATH bytes COUNT         says so many bytes without an end of line, and prints what comes back
 *     node - PATH crowd COUNT SECONDS keeps so many connections open, each of which drips a byte a second
 */
const { connect } = require("node:net");

const [path, deed, ...words] = process.argv.slice(2);

function open() {
  const socket = connect(path);
  socket.on("error", (error) => process.stdout.write(`${error.code}\n`));
  return socket;
}

if (deed === "crowd") {
  const [count, seconds] = words.map(Number);
  const sockets = new Set();
  const fill = () => {
    while (sockets.size < count) {
      const socket = connect(path);
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    for (const socket of sockets) socket.write("{");
  };
  fill();
  process.stdout.write("crowded\n");
  setInterval(fill, 1000);
  setTimeout(() => process.exit(0), seconds * 1000);
} else if (deed === "storm") {
  let answered = 0;
  for (let left = Number(words[1]); left > 0; left--) {
    const socket = open();
    socket.write(`${words[0]}\n`);
    let text = "";
    socket.on("data", (chunk) => (text += chunk));
    socket.on("close", () => (answered += /"answer":"(?:done|refused)"/.test(text) ? 1 : 0));
  }
  process.on("exit", () => process.stdout.write(`${answered} answered\n`));
} else {
  const socket = open();
  socket.on("data", (chunk) => process.stdout.write(chunk));
  if (deed === "say") socket.write(`${words[0]}\n`);
  else socket.write(Buffer.alloc(Number(words[0]), 65));
  setTimeout(() => process.exit(0), 20_000).unref();
}
