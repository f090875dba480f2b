"""Every setting, grouped; no logic beyond reading the environment."""

from datetime import timedelta
from pathlib import Path

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = env.path("CELERIAC_HOME", BASE_DIR / "var")  # where the embedded servers, keys and logs live
VERSION = "0.1.0"

# --- Security -------------------------------------------------------------------------------------------------------
DEBUG = env.boolean("DEBUG", False)
NO_SECRET_KEY = "insecure-only-for-management-commands-without-a-server"  # noqa: S105 - not a secret
SECRET_KEY = env.text("SECRET_KEY") or NO_SECRET_KEY
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")  # keys of before, with which what is stored can still be read
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
HTTPS = env.boolean("HTTPS", False)  # set behind a TLS proxy
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {  # scripts, styles and pictures are files of ours; nothing inline, and nothing from elsewhere
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}
PROXIES = env.integer("CELERIAC_PROXIES", 0)  # trusted ones in front, each of which appends to X-Forwarded-For
SUPERUSER_COMMANDS = env.boolean("CELERIAC_SUPERUSER_COMMANDS", True)  # off: superusers need the right to write commands too
AUTHENTICATION_BACKENDS = ["api.logins.LimitedLogins", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = env.integer("CELERIAC_LOGIN_LIMIT", 10, minimum=1)  # failed logins of an account, or of an address
AXES_COOLOFF_TIME = timedelta(seconds=env.seconds("CELERIAC_LOGIN_PAUSE", 300))  # after which failures are forgotten
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_CLIENT_IP_CALLABLE = "api.addresses.address_of"
AXES_LOCKOUT_CALLABLE = "console.faults.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # the audit trail has it
AXES_VERBOSE = False
FAILURE_LIMIT = env.integer("CELERIAC_FAILURE_LIMIT", 60)  # wrong tokens and report keys of an address in a minute
REPORT_LIMIT = env.integer("CELERIAC_REPORT_LIMIT", 1200)  # reports to a task in a minute

# --- Django ---------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "console",
    "notifications",
    "schedules",
    "scheduler",
    "runs",
    "jobs",
    "dags",
    "api",
    "outbound",
    "rest_framework",
    "axes",
    "corsheaders",
    "knox",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_celery_results",
    "console.apps.ConsoleAdminConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *env.words("CELERIAC_APPS", "examples"),  # your own apps; their pipelines.py registers callables
]
MIDDLEWARE = [
    "api.request_ids.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "api.caching.NotKeptMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "api.handler.DatabaseFaultsMiddleware",
    "api.chunked.ChunkedBodyMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
APPEND_SLASH = False  # every route answers with and without it; a POST is never redirected
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": env.database("DATABASE_URL") | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
MEDIA_ROOT = env.path("CELERIAC_MEDIA_DIR", HOME / "media")  # files that were sent for import; no URL leads to them
MASTER_SCHEDULES = env.path("CELERIAC_MASTER_SCHEDULES", HOME / "master_schedules")  # files that the policy `basic` may name
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
CSRF_FAILURE_VIEW = "console.faults.out_of_date"
LOGIN_URL = "console:login"
LOGIN_REDIRECT_URL = "console:overview"
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # nothing to collect before a start
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"}},
    "filters": {"one_line": {"()": "api.log_lines.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["one_line"]}},
    "loggers": {
        "uvicorn.access": {"handlers": ["stderr"], "propagate": False},  # its lines hold paths
        "httpx": {"level": "WARNING"},  # below, it tells whole addresses, keys in them included
    },
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
}

# --- REST -----------------------------------------------------------------------------------------------------------
MAX_BODY = env.integer("CELERIAC_MAX_BODY", 1024**2)  # bytes of a request body
MAX_GRAPH_BODY = env.integer("CELERIAC_MAX_GRAPH_BODY", 64 * 1024**2)  # bytes, creating or replacing a whole graph
MAX_UPLOAD = env.integer("CELERIAC_MAX_UPLOAD", 1024**3)  # bytes of a file for import: sent, fetched, or read from DATA_DIR
UPLOAD_PATHS = ["/scheduler/job/upload/create", "/admin/jobs/upload/add", "/jobs/upload/create"]  # where that is the limit
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_GRAPH_BODY
BODY_PATIENCE = env.seconds("CELERIAC_BODY_PATIENCE", 10)  # for a body to come, besides the time it takes at 16 KiB/s
CORS_ALLOW_ALL_ORIGINS = "*" in env.words("CELERIAC_CORS_ORIGINS")  # pages of other origins that may ask; never with cookies
CORS_ALLOWED_ORIGINS = [origin for origin in env.words("CELERIAC_CORS_ORIGINS") if origin != "*"]
CORS_URLS_REGEX = r"^/(api|scheduler)/"
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key", "last-event-id", "x-request-id"]
CORS_EXPOSE_HEADERS = ["Idempotent-Replayed", "Link", "Retry-After", "X-Request-ID"]
KEEP_ANSWERS = env.seconds("CELERIAC_KEEP_ANSWERS", 24 * 3600)  # to repeated Idempotency-Keys
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # of a form: the admin's page of a graph sends a field for each of its tasks' fields
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.TokenAuthentication", "api.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.HasScope", "api.permissions.HasRole"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "api.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["api.filtering.Filters", "rest_framework.filters.SearchFilter"],
    "DEFAULT_METADATA_CLASS": "api.metadata.ShortMetadata",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.handler.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,  # the faults of a long list, without the places that have none
}
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Token",
    "TOKEN_TTL": None,
    "TOKEN_MODEL": "api.Token",
}
MIGRATION_MODULES = {"knox": None}  # its own token table is not used; ours is api.Token
KNOX_TOKEN_MODEL = "api.Token"  # noqa: S105 - the name of a model
SPECTACULAR_SETTINGS = {
    "TITLE": "Celeriac",
    "DESCRIPTION": "DAG pipelines for the Django and Celery world.",
    "VERSION": VERSION,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.schema.tell_strictness",
        "api.schema.tell_errors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ExecutionState": "runs.states.GraphRunState.choices",
        "TaskState": "runs.states.JobRunState.choices",
        "JobState": "dags.rules.JobState.choices",
        "NodeState": "runs.nodes.NodeState.choices",
        "FileFormat": "jobs.models.Format.choices",
    },
    "SWAGGER_UI_DIST": "SIDECAR",  # from this service, not from a CDN
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Broker and workers ---------------------------------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL", "redis://localhost:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = "django-db"
CELERY_CACHE_BACKEND = "default"
CELERY_TIMEZONE = "UTC"
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_ACKS_LATE = False  # a message is a doorbell: recovery is the database's work, never the broker's
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = True  # Celery's verdict on a dead child reaches recovery as a TaskResult
CELERY_TASK_PUBLISH_RETRY = False  # a ring that fails is rung again by the sweep
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 2, "socket_keepalive": True}
CELERY_DB_REUSE_MAX = 1_000_000_000  # Celery closes no connection after a message: scheduler/tasks.py closes broken ones
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True  # a message waits for a free slot in the broker, not in a busy worker
CELERY_WORKER_LOST_WAIT = 1.0  # seconds until the slot of a dead child is free again
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # a job's output goes to its own log
CELERY_WORKER_ENABLE_REMOTE_CONTROL = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {"sweep": {"task": "scheduler.tasks.sweep", "schedule": 5.0, "options": {"expires": 5.0}}}
DJANGO_CELERY_BEAT_TZ_AWARE = True

# --- The engine (seconds) -------------------------------------------------------------------------------------------
QUEUES = env.words("CELERIAC_QUEUES", "default")  # what this worker consumes
NODE = env.text("CELERIAC_NODE")  # this worker's node name; it also consumes node.<name>
ROLES = env.words("CELERIAC_ROLES")  # what this worker's node is there for
LABELS = env.pairs("CELERIAC_LABELS")  # facts of this worker's node, such as disk=fast
NODE_IP = env.text("CELERIAC_NODE_IP")  # where other nodes reach this one; else the address by which it reaches the service
KEEP_NODES = env.seconds("CELERIAC_KEEP_NODES", 7 * 24 * 3600)  # a node that is gone is forgotten after this
HEARTBEAT = env.seconds("CELERIAC_HEARTBEAT", 10)  # a worker tells that it lives this often
LEASE = env.seconds("CELERIAC_LEASE", 30)  # a worker silent for longer is dead
SWEEP_INTERVAL = env.seconds("CELERIAC_SWEEP_INTERVAL", 1)  # how often a worker looks for overdue work
RING_GRACE = env.seconds("CELERIAC_RING_GRACE", 15)  # queued work nobody came for is rung again after this
LOSS_LIMIT = env.integer("CELERIAC_LOSS_LIMIT", 3, minimum=1)  # a job lost this often fails as worker_lost
KILL_GRACE = env.seconds("CELERIAC_KILL_GRACE", 10)  # between TERM and KILL
SERVICE_LEASE = env.seconds("CELERIAC_SERVICE_LEASE", 60)  # a service whose node has no worker for longer is stopped
TERM_GRACE = env.seconds("CELERIAC_TERM_GRACE", 5)  # between TERM for a worker and the giving back of its jobs
WATCH_INTERVAL = env.seconds("CELERIAC_WATCH_INTERVAL", 0.5)  # how soon a running job learns of its cancel
WALK_SLICE = env.seconds("CELERIAC_WALK_SLICE", 5)  # a walker gives up its turn after this
PREPARE = env.boolean("CELERIAC_PREPARE", True)  # off behind a pooler in transaction mode
EXPAND_INLINE = env.integer("CELERIAC_EXPAND_INLINE", 200, minimum=1)  # tasks; the first walk expands a larger run

# --- Notifications ---------------------------------------------------------------------------------------------------
NOTIFY_TIMEOUT = env.seconds("CELERIAC_NOTIFY_TIMEOUT", 10)  # that one try to deliver may take
KEEP_DELIVERIES = env.seconds("CELERIAC_KEEP_DELIVERIES", 30 * 24 * 3600)  # for people to look at
EMAIL_HOST = env.text("EMAIL_HOST")  # none: notifications by mail are refused
EMAIL_PORT = env.integer("EMAIL_PORT", 25, minimum=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env.boolean("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = NOTIFY_TIMEOUT
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "celeriac@localhost")

# --- Planning --------------------------------------------------------------------------------------------------------
OPEN_PLANNING = env.boolean("CELERIAC_OPEN_PLANNING", False)  # plans without a token; on with the embedded database
PLAN_DAYS = env.integer("CELERIAC_PLAN_DAYS", 92, minimum=1)  # of the longest range
PLAN_TIMEOUT = env.seconds("CELERIAC_PLAN_TIMEOUT", 60)  # that one plan may take, and that it may wait for its turn
PLANNERS = env.integer("CELERIAC_PLANNERS", 2, minimum=1)  # plans made at once by one web process
PLAN_LIMIT = env.integer("CELERIAC_PLAN_LIMIT", 300)  # plans for one user, or one address, in a minute
POLICY_PRESETS = env.text("CELERIAC_POLICY_PRESETS")  # a YAML or JSON file of configs by policy and name

# --- The work -------------------------------------------------------------------------------------------------------
CALLABLES = env.words("CELERIAC_CALLABLES")  # dotted paths allowed besides registered ones
WORK_DIR = env.path("CELERIAC_WORK_DIR", BASE_DIR)  # where process tasks start, unless configs.cwd says otherwise
TASK_ENV = ["PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "USER", *env.words("CELERIAC_TASK_ENV")]
PUBLIC_URL = env.text("CELERIAC_PUBLIC_URL", f"http://127.0.0.1:{env.integer('PORT', 8000)}")  # in SCHEDULER_REPORT_URL
OUTBOUND_ALLOW = env.words("CELERIAC_OUTBOUND_ALLOW")  # hosts, host:port, networks reached besides the public internet
DATA_DIR = env.path("CELERIAC_DATA_DIR", HOME / "data")  # files that Sheets name by a path
MAX_OUTPUT = env.integer("CELERIAC_MAX_OUTPUT", 1024**2)  # bytes of output kept per attempt, half head, half tail
MAX_RESULT = env.integer("CELERIAC_MAX_RESULT", 1024**2)  # bytes of a result as JSON

# --- Containers (the driver docker; DOCKER_HOST says where the daemon is) --------------------------------------------
MOUNTS = env.path("CELERIAC_MOUNTS", HOME / "mounts")  # the folder of this node below which containers may see anything
PULL_TIMEOUT = env.seconds("CELERIAC_PULL_TIMEOUT", 600)  # for an image to come
CONTAINER_MEMORY = env.integer("CELERIAC_CONTAINER_MEMORY", 1024, minimum=6)  # MB, where configs do not say
CONTAINER_CPUS = env.integer("CELERIAC_CONTAINER_CPUS", 1, minimum=1)  # the same
CONTAINER_PIDS = env.integer("CELERIAC_CONTAINER_PIDS", 512, minimum=1)  # processes and threads; the same
CONTAINER_HOST_NETWORK = env.boolean("CELERIAC_CONTAINER_HOST_NETWORK", False)  # on: configs may say network host
CONTAINER_CAPABILITIES = env.words("CELERIAC_CONTAINER_CAPABILITIES")  # that configs may ask for; all others are dropped
CONTAINER_BIND = env.text("CELERIAC_CONTAINER_BIND")  # where published ports are heard; else at the node's own address

# --- The warehouse --------------------------------------------------------------------------------------------------
WAREHOUSE = env.database("CELERIAC_WAREHOUSE_URL") if env.text("CELERIAC_WAREHOUSE_URL") else None  # else our own database
WAREHOUSE_TIMEOUT = env.seconds("CELERIAC_WAREHOUSE_TIMEOUT", 3600)  # of one statement of a job
WAREHOUSE_MEMORY = env.integer("CELERIAC_WAREHOUSE_MEMORY", 64, minimum=1)  # MB for each sort or hash of a query
WAREHOUSE_TEMP_FILES = env.integer("CELERIAC_WAREHOUSE_TEMP_FILES", 10_240, minimum=1)  # MB that a query may spill to disk
WAREHOUSE_CONNECTIONS = env.integer("CELERIAC_WAREHOUSE_CONNECTIONS", 10, minimum=1)  # of one project at a time
