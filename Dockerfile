# Two stages: the first installs what the lock names, the second holds only that, and runs it as nobody in particular.
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-install-project
COPY README.md LICENSE ./
COPY src src
RUN uv sync --locked --no-editable

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin commonhold \
    && install -d -o commonhold -g commonhold -m 0700 /data
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH COMMONHOLD_DATA=/data PYTHONUNBUFFERED=1
USER commonhold
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["commonhold"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
