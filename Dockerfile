# syntax=docker/dockerfile:1
# One image for web, worker, beat and migrate; docker-compose.yml says which command each runs.

FROM node:24-slim AS front
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM python:3.11-slim AS packages
RUN python -m venv /venv
COPY requirements/base.txt /tmp/base.txt
RUN /venv/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r /tmp/base.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    TESSERA_ENV=production TESSERA_HOME=/data BIND=0.0.0.0 PORT=8000
RUN useradd --system --uid 10001 --no-create-home --home-dir /data tessera \
    && install -d -o tessera -g tessera /data /data/media
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=front /app/node_modules ./node_modules
COPY . .
# Under the settings of the demonstration, since no secret is there while an image is built.
RUN TESSERA_ENV=demo TESSERA_HOME=/tmp/build python manage.py compile_messages \
    && TESSERA_ENV=demo TESSERA_HOME=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build
USER tessera
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/readyz', timeout=4)"]
CMD ["gunicorn", "-c", "marketplace/gunicorn_conf.py", "marketplace.wsgi"]
