# Runs the local service with the local AWS and the demo users. It is a demo, not a deployment.
FROM node:24-slim

WORKDIR /app
RUN chown node:node /app
USER node

COPY --chown=node:node package.json package-lock.json ./
RUN npm ci
COPY --chown=node:node . .

EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/.well-known/jwks.json').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

# Starts the service without npm, so that Docker's SIGTERM reaches the process that serves. All interfaces of the container:
# `docker run -p 127.0.0.1:3000:3000` publishes the port on the loopback interface of the machine only.
CMD ["node_modules/.bin/sls", "offline", "start", "--host", "0.0.0.0"]
