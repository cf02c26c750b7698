/**
 * The only public door: an HTTP API in front of the SCIM function, with a limit per route and a log line per request.
 *
 * Every route leads to the same function, which looks at the token before anything else (T01); a wrong address is
 * answered there, too, because its answer tells which address to configure. What differs is the pace: an address that
 * nobody should call, the token endpoint and bulk requests get little.
 */
import { CfnOutput } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnStage,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { keptLog } from './kept-log.ts';
import type { Settings } from './settings.ts';

type Route = keyof Settings['throttles'];

/** Path and method of each throttle; `elsewhere` is the default route. */
const routes: Readonly<Record<Exclude<Route, 'elsewhere'>, readonly (readonly [HttpMethod, string])[]>> = {
  scim: [[HttpMethod.ANY, '/scim/{proxy+}']],
  bulk: [
    [HttpMethod.POST, '/scim/v2/Bulk'],
    [HttpMethod.POST, '/scim/Bulk'],
  ],
  token: [[HttpMethod.POST, '/oauth/token']],
};

/** No header, no query and no path: a token or an address could stand in each of them (T08, T44). */
const logged = {
  time: '$context.requestTimeEpoch',
  requestId: '$context.requestId',
  sourceIp: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  route: '$context.routeKey',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  functionMs: '$context.integrationLatency',
  bytes: '$context.responseLength',
  integrationStatus: '$context.integrationStatus',
};

export interface ScimApiProps {
  readonly to: IFunction;
  readonly settings: Settings;
  readonly key?: IKey | undefined;
}

export class ScimApi extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, { to, settings, key }: ScimApiProps) {
    super(scope, id);
    const { domain, throttles, retention } = settings;
    const integration = new HttpLambdaIntegration('ScimIntegration', to);
    this.api = new HttpApi(this, 'Http', {
      description: 'SCIM 2.0 bridge to the Adobe Admin Console',
      createDefaultStage: false,
      defaultIntegration: integration,
      defaultAuthorizer: new HttpNoneAuthorizer(),
      // Whoever knows the address behind a domain of one's own would get around what is in front of it.
      disableExecuteApiEndpoint: domain !== undefined,
    });
    for (const [method, path] of Object.values(routes).flat()) {
      this.api.addRoutes({ path, methods: [method], integration });
    }
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: pace(throttles.elsewhere),
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          keptLog(this, 'AccessLog', { days: retention.accessLogs, key }),
        ),
        format: AccessLogFormat.custom(JSON.stringify(logged)),
      },
      ...(domain === undefined ? {} : { domainMapping: { domainName: this.#domain(domain) } }),
    });
    this.#throttle(throttles);
    acknowledge(this.api, {
      'AwsSolutions-APIG4':
        'The function refuses every request without a valid token before it looks at anything else, and counts refusals per network. An authoriser in front would read the same table for the same answer, and could not answer in the form of SCIM.',
    });
  }

  /** The routes have limits of their own, for which the construct of the CDK has no property. */
  #throttle(throttles: Settings['throttles']): void {
    const stage = this.stage.node.defaultChild;
    if (!(stage instanceof CfnStage)) throw new Error('the stage is no CfnStage');
    const limit = ({ perSecond, burst }: Settings['throttles'][Route]) => ({
      ThrottlingRateLimit: perSecond,
      ThrottlingBurstLimit: burst,
    });
    stage.routeSettings = Object.fromEntries(
      Object.entries(routes).flatMap(([name, all]) =>
        // The keys of `routes` are those of the throttles.
        all.map(([method, path]) => [`${method} ${path}`, limit(throttles[name as keyof typeof routes])]),
      ),
    );
    for (const route of this.api.node.findAll()) {
      if (route.node.defaultChild !== undefined && route.node.id.includes('--'))
        stage.node.addDependency(route);
    }
  }

  #domain({ name, certificate }: NonNullable<Settings['domain']>): DomainName {
    const domain = new DomainName(this, 'Domain', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificate),
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    new CfnOutput(this, 'DomainTarget', {
      description: `Point ${name} here with a CNAME record`,
      value: domain.regionalDomainName,
    }).overrideLogicalId('DomainTarget');
    return domain;
  }
}

function pace({ perSecond, burst }: Settings['throttles'][Route]) {
  return { rateLimit: perSecond, burstLimit: burst };
}
