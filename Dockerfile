# The service in a container: built from source, run by a user of its own, with everything it keeps in /data.
FROM rust:1-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
# The authorities whose certificates databases and sources are trusted by.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/target/release/concord /usr/local/bin/concord
RUN useradd --system --no-create-home --home-dir /data concord && install -d -o concord -g concord -m 0750 /data
USER concord
# Relative paths of the configuration, the database's among them, start here.
WORKDIR /data
VOLUME /data
# Inside the container every address is the container's own; what is published is decided outside.
ENV CONCORD_SERVER__ADDRESS=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["concord"]
CMD ["serve"]
