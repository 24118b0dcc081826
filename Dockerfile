# Node runs the TypeScript as it is: nothing is built, the image is the source and its production dependencies.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Optional packages are left out too: the only ones are TypeScript, an optional peer of i18next, and its builds.
RUN npm ci --omit=dev --omit=optional

FROM node:24-slim
WORKDIR /app
# Development listens on loopback only and would be out of reach in a container.
ENV NODE_ENV=production \
    LATCHKEY_MODE=production \
    LATCHKEY_HOST=0.0.0.0 \
    LATCHKEY_DATA_DIR=/data
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY config config
COPY views views
COPY src src
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.LATCHKEY_PORT ?? 3000}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
